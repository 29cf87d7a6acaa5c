"""The traces of searches: their shape, their context, and how they end."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from opentelemetry import trace
from opentelemetry.context import get_current
from opentelemetry.propagate import inject
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode, TraceFlags

from tts_async import DVTS, Majority, Solver
from tts_async.errors import GeneratorUnavailable
from tts_async.observe.tracing import trace_searches
from tts_async.testing import RandomGenerator, ScriptedVerifier, run_virtual
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest, StepScores

STRATEGY = DVTS(n=4, beam_width=2, max_steps=4)


class Recorder:
    """A tracer provider that keeps what was ended, and the observer on it."""

    def __init__(self, *, sampled: bool = True) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider() if sampled else TracerProvider(sampler=ALWAYS_OFF)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.observer = trace_searches(self.provider)

    def named(self, name: str) -> list[ReadableSpan]:
        """The spans of this name, in the order in which they ended."""
        return [span for span in self._exporter.get_finished_spans() if span.name == name]

    @property
    def count(self) -> int:
        """All of them."""
        return len(self._exporter.get_finished_spans())


@pytest.fixture
def recorder() -> Recorder:
    """Nothing traced yet."""
    return Recorder()


class Listening:
    """A generator and verifier that notes which trace it is asked in."""

    capacity = 64

    def __init__(self) -> None:
        self.inner = RandomGenerator(delay=1.0)
        self.headers: dict[str, list[str]] = {"expand": [], "score": []}

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As the other would."""
        self._note("expand")
        return await self.inner.generate(request)

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """All the same."""
        self._note("score")
        await asyncio.sleep(1.0)
        return [[0.5] * len(request.steps) for request in requests]

    def _note(self, kind: str) -> None:
        carrier: dict[str, str] = {}
        inject(carrier)
        self.headers[kind].append(carrier.get("traceparent", ""))


def span_id(span: ReadableSpan) -> str:
    """As it stands in a ``traceparent``."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}-{span.context.span_id:016x}"


def test_a_search_is_a_tree_of_spans(recorder: Recorder) -> None:
    """One ``solve``, and below it what was asked of the models."""

    async def main() -> None:
        solver = Solver(
            generator=RandomGenerator(),
            verifier=ScriptedVerifier(lambda _: 0.5),
            observers=[recorder.observer],
        )
        async with solver:
            result = await solver.solve("a secret", strategy=STRATEGY)
        (solve,) = recorder.named("solve")
        assert solve.attributes is not None
        assert solve.attributes["tts_async.strategy"] == "dvts"
        assert solve.attributes["tts_async.stop_reason"] == result.stop_reason
        assert solve.attributes["gen_ai.usage.output_tokens"] == result.spend.tokens
        below = recorder.named("expand") + recorder.named("score")
        assert all(span.parent == solve.context for span in below)
        assert len(recorder.named("expand")) == result.spend.expansions
        assert sum(tokens(span) for span in recorder.named("expand")) == result.spend.tokens

    run_virtual(main())
    assert "secret" not in "".join(span.to_json() for span in recorder.named("solve"))


def tokens(span: ReadableSpan) -> int:
    """That it cost."""
    assert span.attributes is not None
    count = span.attributes["gen_ai.usage.output_tokens"]
    assert isinstance(count, int)
    return count


def test_what_a_model_is_asked_is_below_its_span(recorder: Recorder) -> None:
    """Concurrent subtrees too: each request goes out in the context of its own ``expand``."""
    models = Listening()

    async def main() -> None:
        solver = Solver(generator=models, verifier=models, observers=[recorder.observer])
        async with solver:
            await asyncio.gather(*(solver.solve(f"p{i}", strategy=STRATEGY) for i in range(3)))

    run_virtual(main())
    for kind in ("expand", "score"):
        sent = sorted(header[3:-3] for header in models.headers[kind])
        assert sent == sorted(map(span_id, recorder.named(kind)))
        assert len(set(sent)) == len(sent) > 3


def test_the_search_belongs_to_what_was_current(recorder: Recorder) -> None:
    """And leaves it current, whatever happened inside."""
    tracer = recorder.provider.get_tracer("test")

    async def main() -> None:
        async with Solver(generator=RandomGenerator(), observers=[recorder.observer]) as solver:
            with tracer.start_as_current_span("request") as request:
                before = get_current()
                await solver.solve("p", strategy=Majority(n=2))
                assert get_current() == before
                async for _ in solver.stream("q", strategy=Majority(n=2)):
                    pass
                assert trace.get_current_span() is request

    run_virtual(main())
    (request,) = recorder.named("request")
    assert [span.parent for span in recorder.named("solve")] == [request.context] * 2


def test_a_cancelled_search_ends_all_its_spans(recorder: Recorder) -> None:
    """Queued ones and running ones, and nothing is kept."""

    async def main() -> None:
        generator = RandomGenerator(delay=10.0)
        generator.capacity = 4
        async with Solver(generator=generator, observers=[recorder.observer]) as solver:
            tasks = [
                asyncio.create_task(solver.solve(f"p{i}", strategy=Majority(n=4))) for i in range(3)
            ]
            await asyncio.sleep(1.0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    run_virtual(main())
    expansions = recorder.named("expand")
    assert len(expansions) >= 3
    for span in expansions:
        assert span.attributes
        assert span.attributes["tts_async.abandoned"] is True
    for span in recorder.named("solve"):
        assert span.attributes
        assert span.attributes["tts_async.stop_reason"] == "cancelled"
        assert span.status.status_code is StatusCode.UNSET
    assert not recorder.observer._searches  # type: ignore[attr-defined]


class Broken:
    """A generator that is gone."""

    capacity = 4

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Not today."""
        raise GeneratorUnavailable("it is away")


def test_an_error_is_recorded(recorder: Recorder) -> None:
    """With its class, its text and where it came from; the context is as it was."""

    async def main() -> None:
        async with Solver(generator=Broken(), observers=[recorder.observer]) as solver:
            before = get_current()
            with suppress(GeneratorUnavailable):
                await solver.solve("p", strategy=Majority(n=2))
            assert get_current() == before

    run_virtual(main())
    (solve,) = recorder.named("solve")
    assert solve.status.status_code is StatusCode.ERROR
    assert solve.attributes
    assert solve.attributes["error.type"] == "GeneratorUnavailable"
    (event,) = solve.events
    assert event.attributes
    assert event.attributes["exception.message"] == "it is away"
    assert len(recorder.named("expand")) == 1


def test_a_search_that_is_not_sampled_has_no_spans() -> None:
    """But its requests still say so to whom they are sent."""
    recorder, models = Recorder(sampled=False), Listening()

    async def main() -> None:
        async with Solver(generator=models, observers=[recorder.observer]) as solver:
            await solver.solve("p", strategy=Majority(n=2))

    run_virtual(main())
    assert recorder.count == 0
    (header,) = models.headers["expand"]
    assert int(header[-2:], 16) & TraceFlags.SAMPLED == 0


def test_waiting_is_told_apart_from_working(recorder: Recorder) -> None:
    """Seconds in the queue are an attribute of the request."""

    async def main() -> None:
        generator = RandomGenerator(delay=2.0)
        generator.capacity = 1
        async with Solver(generator=generator, observers=[recorder.observer]) as solver:
            await asyncio.gather(*(solver.solve(f"p{i}", strategy="greedy") for i in range(3)))

    run_virtual(main())
    waits = [span.attributes["tts_async.queued_seconds"] for span in recorder.named("expand")]  # type: ignore[index]
    assert waits == pytest.approx([0.0, 2.0, 4.0])
