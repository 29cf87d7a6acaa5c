"""What Prometheus reads, against searches whose every number is known."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from tests.observe.events import search
from tts_async import DVTS, BestOfN, Majority, Problem, Result, Solver
from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError, GenerationError, GeneratorUnavailable
from tts_async.observe.metrics import CATALOGUE, make_metrics
from tts_async.observe.metrics.labels import ROOM
from tts_async.strategies import Context
from tts_async.testing import RandomGenerator, ScriptedVerifier, run_virtual
from tts_async.types.events import Event, SearchStarted
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.node import Node


class Readings:
    """An observer with metrics, and a way to read them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.metrics = make_metrics(self.registry)

    def __call__(self, name: str, **labels: str) -> float | None:
        """The value of a sample, ``None`` where there is none."""
        return self.registry.get_sample_value(f"tts_async_{name}", labels)


@pytest.fixture
def read() -> Readings:
    """Nothing counted yet."""
    return Readings()


def test_a_search_is_counted(read: Readings) -> None:
    """What the result says was spent is what the counters say."""
    result, events = search()
    for event in events:
        read.metrics(event)
    assert read("searches_started_total", strategy="dvts") == 1
    assert read("searches_finished_total", strategy="dvts", stop_reason="finished") == 1
    assert read("searches_running") == 0
    assert read("tokens_generated_total", strategy="dvts") == result.spend.tokens > 0
    assert read("expansions_total", strategy="dvts") == result.spend.expansions > 0
    assert read("paths_scored_total") == result.spend.verifier_calls > 0
    assert read("expansion_duration_seconds_count") == result.spend.expansions
    assert read("scoring_duration_seconds_count") == 2


def test_waiting_and_working_are_told_apart(read: Readings) -> None:
    """One slot, three expansions of one path at once: their seconds add up, whoever was first."""

    async def expand_together(ctx: Context) -> Sequence[Node]:
        children = await gather(*(ctx.expand(ctx.root, 1, to_end=True) for _ in range(3)))
        return [node for (node,) in children]

    async def main() -> Result:
        generator = RandomGenerator(delay=2.0)
        generator.capacity = 1
        async with Solver(generator=generator, observers=[read.metrics]) as solver:
            return await solver.solve("p", strategy=expand_together)

    result = run_virtual(main())
    assert read("expansion_duration_seconds_sum") == pytest.approx(3 * 2.0)
    assert read("expansion_wait_seconds_sum") == pytest.approx(0.0 + 2.0 + 4.0)
    assert read("expansion_wait_seconds_sum") == pytest.approx(result.spend.queued_seconds)
    assert read("search_duration_seconds_sum", strategy="expand_together") is None
    assert read("search_duration_seconds_sum", strategy="other") == pytest.approx(6.0)


def test_the_verifier_has_a_latency(read: Readings) -> None:
    """The time under way in it, not the time before."""

    async def main() -> None:
        solver = Solver(
            generator=RandomGenerator(),
            verifier=ScriptedVerifier(lambda _: 0.5, delay=3.0),
            observers=[read.metrics],
        )
        async with solver:
            await solver.solve("p", strategy=BestOfN(n=4, early_stop=False))

    run_virtual(main())
    calls = read("scoring_duration_seconds_count")
    assert calls
    assert read("scoring_duration_seconds_sum") == pytest.approx(3.0 * calls)


class Broken:
    """A generator that is gone."""

    capacity = 4

    def __init__(self, error: GenerationError) -> None:
        self._error = error

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """After a while."""
        await asyncio.sleep(1.0)
        raise self._error


def test_a_failure_is_counted_by_its_kind(read: Readings) -> None:
    """And no result is among the durations."""

    async def main() -> None:
        generator = Broken(GeneratorUnavailable("away"))
        async with Solver(generator=generator, observers=[read.metrics]) as solver:
            with pytest.raises(GeneratorUnavailable):
                await solver.solve("p", strategy=Majority(n=2))

    run_virtual(main())
    assert read("errors_total", kind="GeneratorUnavailable") == 1
    assert read("searches_finished_total", strategy="majority", stop_reason="error") == 1
    assert read("search_duration_seconds_count", strategy="majority") == 0


def test_a_cancelled_search_leaves_nothing_behind(read: Readings) -> None:
    """Its expansions were queued and running; none of that is kept."""
    counts = read.metrics._searches

    async def main() -> None:
        generator = RandomGenerator(delay=10.0)
        generator.capacity = 4
        async with Solver(generator=generator, observers=[read.metrics]) as solver:
            tasks = [asyncio.create_task(solver.solve(f"p{i}")) for i in range(3)]
            await asyncio.sleep(1.0)
            assert read("searches_running") == 3
            assert any(search.running for search in counts._searches.values())
            assert any(search.queued for search in counts._searches.values())
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    run_virtual(main())
    assert read("searches_running") == 0
    assert not counts._searches
    stopped = {"strategy": "majority", "stop_reason": "cancelled"}
    assert read("searches_finished_total", **stopped) == 3


def test_a_request_that_is_known_from_before_has_no_duration(read: Readings) -> None:
    """Nobody was asked, so there is nothing to measure, and nothing is left waiting."""
    _, events = search()
    for event in events:
        if type(event).__name__ != "ExpansionStarted":
            read.metrics(event)
    assert read("expansions_total", strategy="dvts") == 2
    assert read("expansion_duration_seconds_count") == 0
    assert read("expansion_wait_seconds_count") == 0


def test_events_of_a_search_that_began_before_are_left_out(read: Readings) -> None:
    """An observer that joins late neither breaks nor counts halves."""
    for event in search()[1][3:]:
        read.metrics(event)
    assert read("searches_running") == 0
    assert read("paths_scored_total") == 0


def test_strategies_cannot_flood_the_labels(read: Readings) -> None:
    """A class for every request would be a series for every request."""
    for number in range(ROOM + 10):
        read.metrics(started(number, f"Own{number}(n=4)"))
    read.metrics(started(1000, "<function f at 0x7f>"))
    read.metrics(started(1001, "DVTS(n=4)"))
    (family,) = (f for f in read.registry.collect() if f.name == "tts_async_searches_started")
    samples = [sample for sample in family.samples if sample.name.endswith("_total")]
    assert len(samples) == ROOM + 1
    assert sum(sample.value for sample in samples) == ROOM + 12


def started(number: int, strategy: str) -> Event:
    """The start of some search."""
    return SearchStarted(
        problem_id="p", search=number, at=0.0, problem=Problem("p"), strategy=strategy
    )


def test_the_lanes_are_read_when_the_metrics_are(read: Readings) -> None:
    """As they are at that moment, and not at all once the solver is closed."""

    async def main() -> None:
        generator = RandomGenerator(delay=10.0)
        generator.capacity = 4
        async with Solver(generator=generator, observers=[read.metrics]) as solver:
            read.metrics.watch(solver)
            task = asyncio.create_task(solver.solve("p", strategy=Majority(n=4)))
            other = asyncio.create_task(solver.solve("q", strategy=Majority(n=4)))
            await asyncio.sleep(1.0)
            assert read("lane_capacity", lane="generation") == 4
            assert read("lane_in_use", lane="generation") == 4
            assert read("lane_queued", lane="generation") == 4
            task.cancel()
            other.cancel()
            await asyncio.wait([task, other])
            assert read("lane_in_use", lane="generation") == 0
        assert read("lane_in_use", lane="generation") is None

    run_virtual(main())


def test_every_name_is_in_the_catalogue_and_the_other_way_round(read: Readings) -> None:
    """With the type and the labels that it says, and by Prometheus' rules for names."""
    families = {family.name: family for family in read.registry.collect()}
    declared = {
        family.name.removesuffix("_total") if family.kind == "counter" else family.name: family
        for family in CATALOGUE
    }
    assert set(families) == set(declared)
    for name, family in declared.items():
        assert families[name].type == family.kind
        assert family.name.endswith("_total") is (family.kind == "counter")
        assert name.endswith("_seconds") is (family.kind == "histogram")
        assert families[name].documentation == family.help


def test_labels_are_the_declared_ones(read: Readings) -> None:
    """No sample has another; ``le`` belongs to histograms."""
    for event in search()[1]:
        read.metrics(event)
    declared = {family.name.removesuffix("_total"): set(family.labels) for family in CATALOGUE}
    for family in read.registry.collect():
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == declared[family.name]


@pytest.mark.parametrize("damage", [lambda e: None, lambda e: replace(e, search=-1)])
def test_an_event_that_makes_no_sense_ends_nothing(
    read: Readings, damage: Callable[[Event], Any]
) -> None:
    """A metric is not worth a search."""
    for event in search()[1]:
        read.metrics(damage(event))
    assert read("searches_running") in (0, 1)


def test_the_exposition_can_be_parsed(read: Readings) -> None:
    """By Prometheus' own parser."""
    from prometheus_client import generate_latest

    for event in search(DVTS(n=3, beam_width=3))[1]:
        read.metrics(event)
    text = generate_latest(read.registry).decode()
    assert {f.name for f in text_string_to_metric_families(text)} >= {"tts_async_searches_running"}


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    for name in [*sys.modules]:
        if name.startswith(("prometheus_client", "tts_async.observe.metrics.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[metrics\]'"):
        make_metrics()
