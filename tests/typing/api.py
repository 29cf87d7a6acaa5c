"""What a user's type checker sees; checked by mypy, never run."""

from collections.abc import Sequence
from dataclasses import dataclass

import tts_async
from tts_async import (
    DVTS,
    BeamSearch,
    Budget,
    Context,
    GenerationRequest,
    Generator,
    Node,
    Problem,
    Result,
    ScoreRequest,
    Solver,
    Step,
    StepScores,
    Strategy,
    Verifier,
)
from tts_async.generation import (
    LocalGenerator,
    OpenAIGenerator,
    ReplicatedGenerator,
    VLLMGenerator,
)
from tts_async.types.checkup import CheckReport
from tts_async.types.events import Event, SearchFinished
from tts_async.verifiers import LocalVerifier, VerifierPool


class Echo:
    """A generator by shape alone."""

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As many steps as asked for."""
        return [Step("x", "stop", 1)] * request.n


class Constant:
    """A verifier by shape alone."""

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One score per step."""
        return [[0.5] * len(request.steps) for request in requests]


@dataclass(frozen=True)
class Twice:
    """A strategy by shape alone."""

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Two answers."""
        return await ctx.expand(ctx.root, 2, to_end=True)


async def first(ctx: Context) -> list[Node]:
    """A strategy that is a function."""
    return await ctx.expand(ctx.root, to_end=True)


def judge(problem: Problem, steps: tuple[str, ...]) -> float:
    """A verifier that is a function."""
    return 1.0 if len(steps) < 5 else len(problem.text) / 100


generators: list[Generator] = [
    Echo(),
    LocalGenerator("folder"),
    VLLMGenerator("http://localhost:8000/v1"),
    OpenAIGenerator(model="m"),
    ReplicatedGenerator([VLLMGenerator("http://a:8000"), Echo()]),
]
verifiers: list[Verifier] = [
    Constant(),
    LocalVerifier("folder", aggregation="min"),
    VerifierPool("folder", ["cuda:0", "cpu:2"], aggregation="min"),
]
strategies: list[Strategy] = [Twice(), first, DVTS(n=4), BeamSearch(4, lookahead=1)]


async def use() -> tuple[str | None, float]:
    """The public functions, with every kind of argument."""
    result: Result = await tts_async.solve("1+1", strategy="dvts", budget=Budget(tokens=10))
    answer: str | None = result.answer
    report: CheckReport = await Solver(base_url=["http://a:8000", "http://b:8000"]).check()
    assert report.ok
    async with Solver(
        generator=Echo(), verifier=judge, strategy=first, observers=[print]
    ) as solver:
        async for one in solver.solve_many(["a", Problem("b")], ordered=True):
            answer = one.answer
        async for event in solver.stream("a", deadline=1.0):
            kind: Event = event
            if isinstance(kind, SearchFinished):
                answer = kind.result.answer
    return answer, tts_async.solve_sync("1+1").confidence
