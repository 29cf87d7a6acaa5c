"""Solver: limits, cancellation, many problems at once, events."""

import asyncio
import itertools
import math
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from tests.strategies.drawn import boxed
from tts_async import (
    DVTS,
    BeamSearch,
    BestOfN,
    Budget,
    ConfigurationError,
    Context,
    Event,
    Greedy,
    Majority,
    Node,
    Problem,
    Result,
    Sampling,
    Solver,
)
from tts_async.errors import GeneratorUnavailable, InvalidScores, TTSError, VerificationError
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.events import SearchCancelled, SearchFailed, SearchFinished, SearchStarted
from tts_async.types.generation import GenerationRequest, Step


def simulated(delay: float = 1.0, **options: Any) -> Solver:
    """A solver on random trees whose verifier likes large numbers."""
    return Solver(
        generator=RandomGenerator(delay=delay, capacity=options.pop("capacity", 32)),
        verifier=ScriptedVerifier(lambda step: (hash_of(step) % 100) / 100, delay=delay),
        **options,
    )


def hash_of(text: str) -> int:
    """A stable number for a text."""
    return sum(ord(character) * (i + 1) for i, character in enumerate(text))


def outcome(result: Result) -> dict[str, Any]:
    """Everything about a result but the time it took."""
    data = result.to_dict()
    data["spend"].pop("seconds")
    data["spend"].pop("queued_seconds")
    return data


def test_same_seed_same_result_whatever_else_runs() -> None:
    """A search alone, and the same search among 30 others: identical to the last node."""

    async def alone() -> dict[str, Any]:
        async with simulated() as solver:
            return outcome(await solver.solve("p7", strategy=DVTS(n=8)))

    async def in_company() -> list[dict[str, Any]]:
        problems = [f"p{i}" for i in range(30)]
        async with simulated(capacity=24) as solver:
            results = solver.solve_many(problems, strategy=DVTS(n=8), ordered=True)
            return [outcome(result) async for result in results]

    async def other_seed() -> dict[str, Any]:
        async with simulated(seed=1) as solver:
            return outcome(await solver.solve("p7", strategy=DVTS(n=8)))

    assert run_virtual(alone()) == run_virtual(in_company())[7]
    assert run_virtual(alone()) != run_virtual(other_seed())


@pytest.mark.parametrize(
    "strategy", [Greedy(), Majority(4), BestOfN(4), BeamSearch(8), DVTS(8), DVTS(4, lookahead=2)]
)
def test_result_survives_a_round_trip(strategy: Any) -> None:
    """to_dict → from_dict loses nothing, tree included."""

    async def main() -> Result:
        async with simulated() as solver:
            problem = Problem("p", answer="3", metadata={"level": 1}, priority=2)
            return await solver.solve(problem, strategy=strategy)

    result = run_virtual(main())
    again = Result.from_dict(result.to_dict())
    assert again.to_dict() == result.to_dict()
    assert [repr(node) for node in again.tree] == [repr(node) for node in result.tree]
    assert again.winner == result.winner is not None
    assert (result.winner.answer, result.winner.text) == (result.answer, result.text)
    assert repr(result).startswith(f"<Result {result.answer!r} confidence=")


def test_capacity_is_kept_full_and_never_exceeded() -> None:
    """Many searches share 32 slots: all are used, no more."""
    generator = RandomGenerator(delay=1.0, capacity=32)
    verifier = ScriptedVerifier(lambda _: 0.5, delay=0.5)

    async def main() -> int:
        async with Solver(generator=generator, verifier=verifier) as solver:
            results = [r async for r in solver.solve_many(map(str, range(40)), strategy=DVTS(8))]
            generation = solver.statistics()["generation"]
            assert (generation.in_use, generation.queued, generation.peak) == (0, 0, 32)
            assert sum(result.spend.queued_seconds for result in results) > 0
            return len({result.problem.id for result in results})

    assert run_virtual(main()) == 40
    assert generator.peak == 32


def test_urgent_problems_go_first() -> None:
    """A problem of a better priority class overtakes those that wait."""

    async def main() -> list[str]:
        async with simulated(capacity=4, max_in_flight=10) as solver:
            problems = [Problem(f"batch {i}", priority=5) for i in range(8)]
            problems.append(Problem("urgent", priority=0))
            return [r.problem.text async for r in solver.solve_many(problems, strategy=DVTS(4))]

    assert run_virtual(main()).index("urgent") <= 1


def test_a_tenant_with_many_problems_does_not_starve_another() -> None:
    """The only problem of the second tenant is done while the first still has most of its own."""

    async def main() -> int:
        async with simulated(capacity=8) as solver:
            crowd = [solver.solve(Problem(f"p{i}", tenant="crowd")) for i in range(60)]
            tasks = [asyncio.ensure_future(search) for search in crowd]
            await asyncio.sleep(1)
            await solver.solve(Problem("single", tenant="guest"))
            return sum(task.done() for task in tasks)

    assert run_virtual(main()) < 6


def test_solve_many_reads_no_more_than_it_works_on() -> None:
    """An endless source: only the problems in flight are taken from it."""
    read = 0

    async def endless() -> AsyncIterator[str]:
        nonlocal read
        while True:
            read += 1
            yield f"p{read}"

    async def main() -> None:
        async with (
            simulated(max_in_flight=3) as solver,
            aclosing(solver.solve_many(endless(), strategy=Majority(2))) as results,
        ):
            assert [(await anext(results)).stop_reason for _ in range(5)] == ["finished"] * 5
        assert read <= 9

    run_virtual(main())


@pytest.mark.parametrize("ordered", [False, True])
def test_a_slow_consumer_gets_every_result(ordered: bool) -> None:
    """Searches that end while the consumer is busy are not lost."""

    async def main() -> list[str]:
        async with simulated(max_in_flight=4) as solver:
            seen = []
            async for result in solver.solve_many(map(str, range(12)), ordered=ordered):
                seen.append(result.problem.text)
                await asyncio.sleep(100.0)
            return seen

    seen = run_virtual(main())
    assert sorted(seen, key=int) == [str(i) for i in range(12)]
    if ordered:
        assert seen == sorted(seen, key=int)


def test_one_failing_problem_does_not_stop_the_others() -> None:
    """Its result carries the error; the rest are right."""
    script = {"": [boxed(1), GeneratorUnavailable("gone"), boxed(1)]}

    async def main() -> list[Result]:
        async with Solver(generator=ScriptedGenerator(script)) as solver:
            many = solver.solve_many(["a", "b", "c"], strategy=Greedy(), ordered=True)
            return [result async for result in many]

    results = run_virtual(main())
    assert [result.answer for result in results] == ["1", None, "1"]
    assert [result.winner is None for result in results] == [False, True, False]
    assert results[1].stop_reason == "error"
    assert isinstance(results[1].error, GeneratorUnavailable)
    again = Result.from_dict(results[1].to_dict())
    assert repr(again.error) == "GeneratorUnavailable('gone')"


def test_a_wrong_configuration_is_raised_by_solve_many() -> None:
    """A strategy without the verifier it needs is one error, not one per problem."""

    async def main() -> None:
        async with Solver(generator=RandomGenerator()) as solver:
            async for _ in solver.solve_many(["a", "b"], strategy=BestOfN(2)):
                pass

    with pytest.raises(ConfigurationError, match="verifier: this strategy scores steps"):
        run_virtual(main())


@pytest.mark.parametrize(
    ("budget", "check"),
    [
        (Budget(tokens=40), lambda spend: spend.tokens >= 40),
        (Budget(expansions=3), lambda spend: spend.expansions == 3),
        (Budget(verifier_calls=4), lambda spend: 4 <= spend.verifier_calls <= 8),
        (Budget(seconds=4.5), lambda spend: spend.seconds == 4.5),
    ],
)
def test_budgets_end_the_search_and_keep_what_it_found(budget: Budget, check: Any) -> None:
    """Every limit gives a result with stop_reason "budget", and is kept."""

    async def main() -> Result:
        async with simulated(budget=budget) as solver:
            return await solver.solve("p", strategy=DVTS(n=8))

    result = run_virtual(main())
    assert result.stop_reason == "budget"
    assert check(result.spend)


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        (Budget(tokens=3000), lambda results: sum(r.spend.tokens for r in results)),
        (Budget(expansions=90), lambda results: sum(r.spend.expansions for r in results)),
        (Budget(verifier_calls=200), lambda results: sum(r.spend.verifier_calls for r in results)),
    ],
    ids=lambda value: repr(value) if isinstance(value, Budget) else None,
)
def test_a_run_has_a_budget_of_its_own(budget: Budget, spent: Any) -> None:
    """Endless problems end when the run has spent its share; what was found by then counts."""

    async def main() -> tuple[list[Result], int]:
        read = 0

        def endless() -> Any:
            nonlocal read
            while True:
                read += 1
                yield f"p{read}"

        async with simulated() as solver:
            results = [r async for r in solver.solve_many(endless(), run_budget=budget)]
        return results, read

    results, read = run_virtual(main())
    (limit,) = [value for value in vars_of(budget) if value is not None]
    in_flight = 32 * 20  # the lane's slots, and no step costs more than 20 tokens
    assert limit <= spent(results) <= limit + in_flight
    assert len(results) == read
    assert "budget" in {r.stop_reason for r in results} <= {"finished", "budget"}


def vars_of(budget: Budget) -> list[float | None]:
    """The limits of a budget."""
    return [budget.tokens, budget.expansions, budget.verifier_calls, budget.seconds]


def test_the_seconds_of_a_run_are_those_of_all_its_problems() -> None:
    """Ten seconds for everything: at the eleventh nothing runs any more."""

    async def main() -> tuple[float, set[str]]:
        problems = (f"p{i}" for i in itertools.count())
        async with simulated() as solver:
            results = [r async for r in solver.solve_many(problems, run_budget=Budget(seconds=10))]
            return asyncio.get_running_loop().time(), {r.stop_reason for r in results}

    ended, reasons = run_virtual(main())
    assert ended == pytest.approx(10)
    assert reasons == {"finished", "budget"}


def test_problems_may_have_deadlines_of_their_own() -> None:
    """The hasty one returns what it has; the other takes its time."""

    async def main() -> list[Result]:
        async with simulated() as solver:
            problems = [Problem("hasty", deadline=3.5), Problem("calm")]
            return [r async for r in solver.solve_many(problems, ordered=True)]

    hasty, calm = run_virtual(main())
    assert (hasty.stop_reason, calm.stop_reason) == ("deadline", "finished")
    assert hasty.spend.seconds == pytest.approx(3.5)
    with pytest.raises(ConfigurationError, match=r"problem\.deadline"):
        Problem("p", deadline=0)


def test_a_deadline_returns_the_best_so_far() -> None:
    """One subtree has finished, the other straggles: the finished one answers."""
    script = {"": ["a\n\n", "b\n\n"], "a\n\n": [boxed(1)], "b\n\n": [boxed(2)]}
    generator = ScriptedGenerator(
        script, delay=lambda request: 100.0 if request.steps == ("b\n\n",) else 1.0
    )

    async def main() -> Result:
        verifier = ScriptedVerifier(lambda _: 0.5)
        async with Solver(generator=generator, verifier=verifier) as solver:
            result = await solver.solve("p", strategy=DVTS(2, beam_width=1), deadline=10.0)
            assert solver.statistics()["generation"].in_use == 0
            return result

    result = run_virtual(main())
    assert (result.answer, result.stop_reason, result.spend.seconds) == ("1", "deadline", 10.0)
    assert generator.running == 0


def test_a_budget_spent_before_any_score_falls_back_to_the_majority() -> None:
    """Answers that no verifier saw still count when there is nothing better."""

    async def main() -> Result:
        script = {"": [boxed(1), boxed(2), boxed(2)]}
        verifier = ScriptedVerifier(lambda _: 0.5, delay=100.0)
        async with Solver(generator=ScriptedGenerator(script), verifier=verifier) as solver:
            return await solver.solve("p", strategy=BestOfN(3), deadline=1.0)

    assert run_virtual(main()).answer == "2"


def test_cancelled_at_every_moment() -> None:
    """Cancel a search at each of its awaits in turn: no slot, task or request is left."""

    async def main(moment: int) -> bool:
        events: list[Event] = []
        generator = RandomGenerator(delay=0.0, capacity=4)
        verifier = ScriptedVerifier(lambda _: 0.5, capacity=2)
        options = {"observers": [events.append]}
        async with Solver(generator=generator, verifier=verifier, **options) as solver:  # type: ignore[arg-type]
            search = asyncio.create_task(solver.solve("p", strategy=DVTS(8)))
            for _ in range(moment):
                await asyncio.sleep(0)
            search.cancel()
            await asyncio.wait([search])
            if search.cancelled() and events:
                assert isinstance(events[-1], SearchCancelled)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert all(lane.in_use == lane.queued == 0 for lane in solver.statistics().values())
            assert generator.running == 0
            assert (await solver.solve("q", strategy=DVTS(4))).answer is not None
            return search.cancelled()

    outcomes = [run_virtual(main(moment)) for moment in range(120)]
    assert True in outcomes
    assert outcomes[-1] is False  # the search had ended by then: every moment was covered


def test_200_concurrent_searches_a_third_cancelled() -> None:
    """The others are right, and nothing is left behind."""
    rng = random.Random(0)

    async def main() -> None:
        async with simulated(capacity=16) as solver:
            searches = [
                asyncio.create_task(solver.solve(f"p{i}", strategy=BeamSearch(4)))
                for i in range(200)
            ]
            victims = rng.sample(range(200), 67)
            for victim in victims:
                await asyncio.sleep(rng.random() * 3)
                searches[victim].cancel()
            done = await asyncio.gather(*searches, return_exceptions=True)
            assert all(isinstance(done[i], Result) for i in range(200) if i not in victims)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert all(lane.in_use == lane.queued == 0 for lane in solver.statistics().values())

    run_virtual(main())


def test_leaving_solve_many_early_cancels_the_rest() -> None:
    """Closing the iterator ends what is in flight."""

    async def main() -> None:
        async with simulated() as solver:
            async with aclosing(solver.solve_many(map(str, range(50)))) as results:
                await anext(results)
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert solver.statistics()["generation"].in_use == 0

    run_virtual(main())


def test_stream_yields_every_event_and_the_result_last() -> None:
    """From SearchStarted to SearchFinished, in the order of time."""

    async def main() -> list[Event]:
        async with simulated() as solver:
            return [event async for event in solver.stream("p", strategy=DVTS(4))]

    events = run_virtual(main())
    assert isinstance(events[0], SearchStarted)
    assert isinstance(events[-1], SearchFinished)
    assert events[-1].result.answer is not None
    assert [event.at for event in events] == sorted(event.at for event in events)
    names = [type(event).__name__ for event in events]
    for stage in ("Expansion", "Scoring"):
        assert names.count(f"{stage}Queued") == names.count(f"{stage}Started")
        assert names.count(f"{stage}Started") == names.count(f"{stage}Finished") > 0


def test_sampling_of_one_search_only() -> None:
    """What is given with the call counts for that call."""
    seen: list[float] = []

    class Hot(RandomGenerator):
        async def generate(self, request: GenerationRequest) -> Sequence[Step]:
            seen.append(request.sampling.temperature)
            return await super().generate(request)

    async def main() -> None:
        async with Solver(generator=Hot(depth=0), sampling=Sampling(temperature=0.3)) as solver:
            await solver.solve("p", strategy=Majority(1), sampling=Sampling(temperature=0.9))
            await solver.solve("p", strategy=Majority(1))

    run_virtual(main())
    assert seen == [0.9, 0.3]


def test_two_searches_of_one_problem_can_be_told_apart() -> None:
    """Their events carry the same problem, and each search's own number."""
    events: list[Event] = []

    async def main() -> None:
        async with simulated(observers=[events.append]) as solver:
            await asyncio.gather(solver.solve("p"), solver.solve("p"))

    run_virtual(main())
    assert len({event.problem_id for event in events}) == 1
    started, ended = (
        [event.search for event in events if isinstance(event, kind)]
        for kind in (SearchStarted, SearchFinished)
    )
    assert len(set(started)) == 2
    assert sorted(started) == sorted(ended)


def test_leaving_a_stream_cancels_its_search() -> None:
    """The search does not go on for nobody."""

    async def main() -> None:
        async with simulated() as solver:
            async with aclosing(solver.stream("p")) as events:
                await anext(events)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())


def test_an_error_is_an_event_and_is_raised() -> None:
    """Observers see SearchFailed; the caller gets the bare error."""
    events: list[Event] = []
    script = {"": ["a\n\n", "a\n\n"], "a\n\n": [GeneratorUnavailable("gone")]}

    async def main() -> None:
        verifier = ScriptedVerifier(lambda _: 0.5)
        generator = ScriptedGenerator(script)
        async with Solver(
            generator=generator, verifier=verifier, observers=[events.append]
        ) as solver:
            await solver.solve("p", strategy=DVTS(4, beam_width=2))

    with pytest.raises(GeneratorUnavailable, match="gone"):
        run_virtual(main())
    assert isinstance(events[-1], SearchFailed)


@pytest.mark.parametrize("score", [math.nan, 1.5, -0.1])
def test_scores_out_of_range_are_an_error(score: float) -> None:
    """NaN is not a low score."""

    async def main() -> None:
        async with Solver(
            generator=RandomGenerator(), verifier=ScriptedVerifier(lambda _: score)
        ) as solver:
            await solver.solve("p", strategy=BestOfN(2))

    with pytest.raises(InvalidScores, match=r"must lie in \[0, 1\]"):
        run_virtual(main())


async def test_functions_are_verifiers() -> None:
    """A plain function, an async one, and one that fails."""

    def plain(problem: Problem, steps: tuple[str, ...]) -> float:
        return 0.9 if "5" in steps[-1] else 0.1

    async def stepwise(problem: Problem, steps: tuple[str, ...]) -> list[float]:
        return [0.9 if "5" in step else 0.1 for step in steps]

    def broken(problem: Problem, steps: tuple[str, ...]) -> float:
        raise OSError("no calculator")

    script = {"": [boxed(1), boxed(5), boxed(1)]}
    for verifier in (plain, stepwise):
        async with Solver(generator=ScriptedGenerator(script), verifier=verifier) as solver:
            result = await solver.solve("p", strategy=BestOfN(3, select="naive"))
            assert result.answer == "5"
    async with Solver(generator=ScriptedGenerator(script), verifier=broken) as solver:
        with pytest.raises(VerificationError, match=r"broken.* raised OSError: no calculator"):
            await solver.solve("p", strategy=BestOfN(3))


def test_a_strategy_is_any_async_function() -> None:
    """Twenty lines, or five, are enough."""

    async def first_of_two(ctx: Context) -> list[Node]:
        return (await ctx.expand(ctx.root, 2, to_end=True))[:1]

    async def main() -> Result:
        async with Solver(generator=RandomGenerator(), strategy=first_of_two) as solver:
            return await solver.solve("p")

    result = run_virtual(main())
    assert (result.strategy, len(result.candidates)) == ("first_of_two", 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda solver: solver.solve(""), "problem: the text is empty"),
        (lambda solver: solver.solve(None), "problem: expected a string, got NoneType"),
        (lambda solver: solver.solve("p", strategy="dvt"), "did you mean 'dvts'"),
        (lambda solver: solver.solve("p", strategy=BestOfN), r"BestOfN is a class; .* BestOfN\(\)"),
        (lambda solver: solver.__aenter__(), "solver: it is open already"),
        (lambda solver: solver.solve("p", deadline=-1), "deadline: must be positive"),
    ],
)
def test_bad_arguments_name_the_field(call: Any, message: str) -> None:
    """ConfigurationError, which also is a ValueError."""

    async def main() -> None:
        async with simulated() as solver:
            await call(solver)

    with pytest.raises(ConfigurationError, match=message) as caught:
        run_virtual(main())
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TTSError)


async def test_bad_solvers_name_the_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong construction is reported before anything starts."""
    generator = RandomGenerator()
    with pytest.raises(ConfigurationError, match=r"base_url: expected .* or a list of them, got 3"):
        Solver(base_url=3)  # type: ignore[arg-type]
    for empty in ("", [], [""]):
        with pytest.raises(ConfigurationError, match="base_url: it is empty"):
            Solver(base_url=empty)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1")
    with pytest.raises(ConfigurationError, match=r"model: is for a server; .* of a generator"):
        Solver(generator=generator, model="llama")
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises(ConfigurationError, match=r"model: is for a server; .* OPENAI_BASE_URL"):
        Solver(model="llama")
    with pytest.raises(ConfigurationError, match="api_key: is for a server"):
        Solver(api_key="key")
    with pytest.raises(ConfigurationError, match="base_url: give either"):
        Solver(generator=generator, base_url="http://localhost")
    with pytest.raises(ConfigurationError, match="generator: int has no generate"):
        Solver(generator=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="verifier: int is neither"):
        Solver(generator=generator, verifier=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="aggregation: unknown 'sum'"):
        Solver(generator=generator, aggregation="sum")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"budget\.tokens: must be positive, got 0"):
        Budget(tokens=0)
    with pytest.raises(ConfigurationError, match="not open"):
        await Solver(generator=generator).solve("p")
