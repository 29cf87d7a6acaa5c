"""A journal through the solver: what is known is not asked for, and nothing else changes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journal.solvers import (
    PROBLEMS,
    Generator,
    Verifier,
    outcome,
    results_of,
    run,
    runs_of,
)
from tests.patience import PATIENCE, until
from tts_async import (
    DVTS,
    BeamSearch,
    BestOfN,
    Budget,
    ConfigurationError,
    Context,
    Greedy,
    Majority,
    Node,
    Problem,
    Sampling,
    Solver,
    Step,
)
from tts_async.errors import InvalidScores, MalformedResponse
from tts_async.journal import Journal
from tts_async.types.events import SearchFinished, SearchStarted


@dataclass(frozen=True)
class Draw:
    """A strategy of a user's own: its name and options say nothing about its code."""

    n: int = 4

    async def __call__(self, ctx: Context) -> list[Node]:
        """Whole answers."""
        return await ctx.expand(ctx.root, self.n, to_end=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a journal to be."""
    return tmp_path / "deep" / "journal.sqlite"


@pytest.mark.parametrize(
    "strategy",
    [Greedy(), Majority(n=6), BestOfN(n=6), BeamSearch(n=4), DVTS(n=8), DVTS(n=4, lookahead=2)],
    ids=repr,
)
async def test_the_result_is_the_same_with_and_without(path: Path, strategy: Any) -> None:
    """Drawn, recorded, and replayed from the results, and from the expansions alone."""
    async with Solver(generator=Generator(), verifier=Verifier(), strategy=strategy) as solver:
        plain = [outcome(r) async for r in solver.solve_many(PROBLEMS, ordered=True)]
    recorded = await run(path, strategy)
    replayed = await run(path, strategy)
    again = await run(path, strategy, budget=Budget(tokens=10**9))  # another run: no results yet
    assert recorded.results == replayed.results == again.results == plain
    assert recorded.asked
    assert replayed.asked == replayed.scored == again.asked == again.scored == 0
    assert again.statistics.replayed_tokens == recorded.statistics.asked_tokens
    assert replayed.statistics.replayed_results == len(PROBLEMS)


async def test_smaller_budgets_are_the_beginning_of_larger_ones(path: Path) -> None:
    """Best-of-N serves every smaller one and majorities; DVTS its own first subtrees."""
    whole = BestOfN(n=32, early_stop=False)
    assert (await run(path, whole)).asked == 8 * len(PROBLEMS)
    for strategy in (BestOfN(n=1), BestOfN(n=3), BestOfN(n=16), Majority(n=16)):
        assert (await run(path, strategy)).asked == 0, strategy
    first = await run(path, DVTS(n=8))
    more = await run(path, DVTS(n=16))
    assert more.asked == first.asked
    assert more.statistics.replayed_expansions == first.asked


async def test_another_seed_sampling_or_prompt_is_another_question(path: Path) -> None:
    """Nothing is shared."""
    usual = await run(path, Majority(n=4))
    for options in (
        {"seed": 1},
        {"sampling": Sampling(temperature=0.1)},
        {"system_prompt": "other"},
        {"problems": [Problem(p.text, id=f"other {p.id}") for p in PROBLEMS]},
    ):
        assert (await run(path, Majority(n=4), **options)).asked == usual.asked, options


async def test_verifiers_share_samples_and_not_scores(path: Path) -> None:
    """One that goes by another name scores for itself."""

    class Other(Verifier):
        model = "other"

    usual = await run(path, BestOfN(n=8))
    other = await run(path, BestOfN(n=8), verifier=Other())
    assert other.asked == 0
    assert other.scored == usual.scored
    assert [run.verifier and run.verifier.model for run in await runs_of(path)] == [None, "other"]


async def test_a_function_that_was_changed_is_another_verifier(path: Path) -> None:
    """Under the same name; one that was not is the same."""

    def score(value: float) -> Any:
        namespace: dict[str, Any] = {}
        exec(f"async def judge(problem, steps): return {value}", namespace)
        return namespace["judge"]

    async def scores(value: float) -> set[float | None]:
        outcome = await run(path, BestOfN(n=4), verifier=score(value))
        return {c["score"] for result in outcome.results for c in result["candidates"]}

    assert await scores(0.25) == {0.25}
    assert await scores(0.5) == {0.5}
    assert await scores(0.25) == {0.25}
    assert len(await runs_of(path)) == 2


async def test_another_generator_is_refused(path: Path) -> None:
    """The message says what differs; an empty journal is anybody's."""

    class Model(Generator):
        def __init__(self, model: str) -> None:
            super().__init__()
            self.model = model

    await run(path, Greedy(), generator=Model("a"), problems=[])
    await run(path, Greedy(), generator=Model("b"))
    with pytest.raises(ConfigurationError, match="model 'b' there, 'a' here"):
        await run(path, Greedy(), generator=Model("a"))
    with pytest.raises(ConfigurationError, match="'b' there, None here"):
        await run(path, Greedy(), generator=Generator())
    assert (await run(path, Greedy(), generator=Model("b"))).asked == 0


async def test_two_generators_at_once_are_refused_too(path: Path) -> None:
    """Also before the first of them has drawn anything."""

    class Model(Generator):
        model = "another"

    async with Journal(path) as journal, Solver(generator=Generator(), journal=journal):
        with pytest.raises(ConfigurationError, match="model None there, 'another' here"):
            await Solver(generator=Model(), journal=journal).__aenter__()


async def test_weights_that_changed_are_another_model(path: Path, tmp_path: Path) -> None:
    """In the same folder; the same weights in another folder are the same model."""

    class Local(Generator):
        def __init__(self, folder: Path) -> None:
            super().__init__()
            self.model = str(folder)

    for name in ("one/net", "two/net"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model.safetensors").write_bytes(bytes(10_000_000))
    await run(path, Greedy(), generator=Local(tmp_path / "one/net"))
    assert (await run(path, Greedy(), generator=Local(tmp_path / "two/net"))).asked == 0
    with (tmp_path / "one/net/model.safetensors").open("r+b") as weights:
        weights.seek(5_000_000)
        weights.write(bytes([1]) * 200_000)
    with pytest.raises(ConfigurationError, match="fingerprint"):
        await run(path, Greedy(), generator=Local(tmp_path / "one/net"))


async def test_what_is_asked_for_twice_at_once_is_drawn_once(path: Path) -> None:
    """Also when the first to ask is cancelled."""
    await run(path, Majority(n=1), problems=[Problem("p")])  # the same keys, too few answers
    generator = Generator()
    generator.go.clear()
    async with Solver(generator=generator, journal=path) as solver:
        first = asyncio.create_task(solver.solve("p", strategy=Majority(n=4)))
        others = [asyncio.create_task(solver.solve("p", strategy=Majority(n=4))) for _ in "abc"]
        await until(lambda: bool(generator.requests))
        first.cancel()
        generator.go.set()
        results = [outcome(await other) for other in others]
    assert results[0] == results[1] == results[2]
    assert len(generator.requests) == 2


async def test_replays_wait_for_no_slot(path: Path) -> None:
    """They pass a search that holds all of them."""
    await run(path, Majority(n=4, early_stop=False), problems=PROBLEMS[:1])
    generator = Generator(delay=60.0, capacity=4)
    async with Solver(generator=generator, journal=path) as solver:
        stuck = asyncio.create_task(solver.solve("new", strategy=Majority(n=4)))
        await until(lambda: len(generator.requests) == 1)
        for strategy in (Majority(n=4, early_stop=False), Majority(n=2)):  # a result; expansions
            result = await asyncio.wait_for(solver.solve(PROBLEMS[0], strategy=strategy), PATIENCE)
            assert result.answer
        stuck.cancel()


async def test_events_and_budgets_of_the_run_are_as_usual(path: Path) -> None:
    """A replayed result begins, ends and counts."""
    await run(path, Majority(n=4), problems=PROBLEMS[:1])
    async with Solver(
        generator=Generator(), verifier=Verifier(), journal=path, max_in_flight=1
    ) as solver:
        many = [PROBLEMS[0]] * 9
        limited = solver.solve_many(many, strategy=Majority(n=4), run_budget=Budget(tokens=1))
        assert len([result async for result in limited]) < 9  # the first one spent it
        events = [event async for event in solver.stream(PROBLEMS[0], strategy=Majority(n=4))]
    assert [type(event) for event in events] == [SearchStarted, SearchFinished]


async def test_only_what_would_come_out_again_is_final(path: Path) -> None:
    """Not what a clock cut short; what a budget of tokens cut short is."""
    slow = Generator(delay=0.05)
    cut = await run(path, DVTS(n=4), generator=slow, budget=Budget(seconds=0.06))
    assert {result["stop_reason"] for result in cut.results} == {"budget"}
    assert await results_of(path) == []
    rest = await run(path, DVTS(n=4))
    assert rest.statistics.replayed_expansions > 0
    assert {result["stop_reason"] for result in rest.results} == {"finished"}
    short = await run(path, DVTS(n=4), budget=Budget(expansions=2))
    assert {result["stop_reason"] for result in short.results} == {"budget"}
    assert {result.stop_reason for result in await results_of(path)} == {"finished", "budget"}
    assert (await run(path, DVTS(n=4), budget=Budget(expansions=2))).results == short.results


async def test_strategies_and_rules_that_cannot_be_recognised(path: Path) -> None:
    """Their samples are shared; their results are recorded and found anew, never taken over."""

    async def search(ctx: Context) -> list[Node]:
        return await ctx.expand(ctx.root, 4, to_end=True)

    for strategy, options in (
        (search, {}),
        (Draw(n=4), {}),
        (Majority(n=4), {"extract": lambda text: text[-4:]}),
    ):
        for _ in range(2):
            again = await run(path, strategy, **options)
            assert again.statistics.replayed_results == 0
        assert again.asked == 0
    assert [run.results for run in await runs_of(path)] == [len(PROBLEMS)] * 3


async def test_what_is_no_answer_is_not_recorded(path: Path) -> None:
    """The search ends with its error, and asks anew the next time."""

    class Short(Generator):
        async def generate(self, request: Any) -> list[Step]:
            return (await super().generate(request))[1:]

    class Wild(Verifier):
        async def score(self, requests: Any) -> list[list[float]]:
            return [[2.0] * len(request.steps) for request in requests]

    async with Solver(generator=Short(), journal=path) as solver:
        with pytest.raises(MalformedResponse):
            await solver.solve(PROBLEMS[0], strategy=Majority(n=4))
    async with Solver(generator=Generator(), verifier=Wild(), journal=path) as solver:
        with pytest.raises(InvalidScores):
            await solver.solve(PROBLEMS[0], strategy=BestOfN(n=4))
    healthy = await run(path, BestOfN(n=4), problems=PROBLEMS[:1])
    assert healthy.asked == 0 or healthy.scored == 4
    assert healthy.scored == 4


async def test_an_open_journal_serves_several_solvers(path: Path) -> None:
    """Whoever opened it closes it."""
    async with Journal(path) as journal:
        for expected in (1, 0):
            generator = Generator()
            async with Solver(generator=generator, journal=journal) as solver:
                await solver.solve("p", strategy=Majority(n=4))
            assert len(generator.requests) == expected
            assert journal.is_open
        assert journal.statistics().replayed_results == 1
    assert not journal.is_open
