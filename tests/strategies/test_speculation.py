"""Drawing ahead changes when things happen, and nothing else."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_async import DVTS, BeamSearch, Problem, Result, ScoreRequest, Solver, Strategy
from tts_async.errors import GeneratorUnavailable
from tts_async.seeds import derive_rng
from tts_async.strategies import Context
from tts_async.testing import RandomGenerator, run_virtual
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.node import Node

STRATEGIES = [
    DVTS(n=8, beam_width=4),
    DVTS(n=8, beam_width=4, lookahead=1),
    BeamSearch(n=8, beam_width=4),
    BeamSearch(n=4, beam_width=4, max_steps=2),
]


class Opinion:
    """A verifier with an opinion on every text, that takes ``seconds`` to say it."""

    def __init__(self, seconds: Any) -> None:
        self.seconds = seconds

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """A number that follows from the text."""
        await asyncio.sleep(self.seconds(requests[0]))
        return [[derive_rng(0, step).random() for step in one.steps] for one in requests]


def moments(seed: int, longest: float) -> Any:
    """Delays that differ from call to call, the same in every run of one seed."""
    calls = iter(range(10**9))
    return lambda _: derive_rng(seed, next(calls)).choice([0.0, 0.5, 1.0]) * longest


def solver_at(seed: int, *, speculate: bool, capacity: int = 64, depth: int = 3) -> Solver:
    """A solver whose generator and verifier take random times."""
    return Solver(
        generator=RandomGenerator(depth=depth, delay=moments(seed, 1.0), capacity=capacity),
        verifier=Opinion(moments(seed + 1, 1.0)),
        speculate=speculate,
    )


def found(result: Result) -> dict[str, Any]:
    """What a search found: everything but what it cost."""
    data = result.to_dict(tree=True)
    del data["spend"]
    return data


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), capacity=st.sampled_from([4, 7, 12, 64]))
def test_same_tree_at_any_timing(strategy: Strategy, seed: int, capacity: int) -> None:
    """With and without, in any order of arrival, with any number of slots to spare."""

    async def main(*, speculate: bool) -> list[dict[str, Any]]:
        async with solver_at(seed, speculate=speculate, capacity=capacity) as solver:
            results = [r async for r in solver.solve_many("abc", strategy=strategy, ordered=True)]
            lane = solver.statistics()["generation"]
            assert (lane.in_use, lane.queued) == (0, 0)
            assert lane.peak <= capacity
            return [found(result) for result in results]

    assert run_virtual(main(speculate=True)) == run_virtual(main(speculate=False))


@pytest.mark.parametrize("strategy", STRATEGIES[::2], ids=repr)
def test_scoring_time_is_hidden_where_there_is_room(strategy: Strategy) -> None:
    """Six steps of one second, each scored in one: the scores no longer count, but for the last."""

    async def seconds(*, speculate: bool) -> float:
        generator = RandomGenerator(depth=5, delay=1.0)
        verifier = Opinion(lambda _: 1.0)
        async with Solver(generator=generator, verifier=verifier, speculate=speculate) as solver:
            return (await solver.solve("p", strategy=strategy)).spend.seconds

    assert run_virtual(seconds(speculate=False)) == pytest.approx(12)
    assert run_virtual(seconds(speculate=True)) == pytest.approx(7)


def test_it_delays_no_real_expansion() -> None:
    """Slots that were only borrowed are free again at the moment somebody asks for them."""

    async def main() -> float:
        generator = RandomGenerator(depth=1, delay=lambda r: 100.0 if r.steps else 1.0, capacity=8)
        async with Solver(
            generator=generator, verifier=Opinion(lambda _: 50.0), speculate=True
        ) as solver:
            first = asyncio.ensure_future(solver.solve("first", strategy=DVTS(n=4)))
            await asyncio.sleep(2)  # its scores are on their way, its slots are all borrowed
            assert solver.statistics()["generation"].in_use == 8
            second = asyncio.ensure_future(solver.solve("second", strategy=DVTS(n=4)))
            await asyncio.sleep(1.001)
            queued = solver.statistics()["generation"].queued
            assert queued == 0
            second.cancel()
            result = await first
            await asyncio.wait([second])
            return result.spend.queued_seconds

    assert run_virtual(main()) == 0


class Counting:
    """A generator that knows how many tokens it gave away."""

    def __init__(self, inner: RandomGenerator) -> None:
        self.given = 0
        self.capacity = inner.capacity
        self._inner = inner

    async def generate(self, request: GenerationRequest) -> Sequence[Step]:
        """Pass on what arrives; a cancelled call gives nothing."""
        steps = await self._inner.generate(request)
        self.given += sum(step.tokens for step in steps)
        return steps


async def looks_once(ctx: Context) -> list[Node]:
    """Ends in the very moment in which it drops what was drawn ahead."""
    children = await ctx.score(await ctx.expand(ctx.root, 4), then=4)
    ctx.prune(children)
    return children


@pytest.mark.parametrize(
    "strategy", [*STRATEGIES, looks_once], ids=[*map(repr, STRATEGIES), "looks_once"]
)
@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), capacity=st.sampled_from([4, 12, 64]))
def test_every_token_is_used_or_told_as_wasted(
    strategy: Strategy, seed: int, capacity: int
) -> None:
    """Also what arrived just as the search ended."""

    async def main() -> tuple[int, int]:
        generator = Counting(RandomGenerator(depth=3, delay=moments(seed, 1.0), capacity=capacity))
        async with Solver(
            generator=generator, verifier=Opinion(moments(seed + 1, 1.0)), speculate=True
        ) as solver:
            spend = (await solver.solve("p", strategy=strategy)).spend
            return generator.given, spend.tokens + spend.wasted_tokens

    given_away, accounted = run_virtual(main())
    assert accounted == given_away


def test_what_was_drawn_for_nothing_is_told() -> None:
    """Three of four siblings are dropped; their steps had arrived."""

    async def main() -> Result:
        generator = RandomGenerator(depth=2, delay=1.0)
        verifier = Opinion(lambda _: 2.0)
        async with Solver(generator=generator, verifier=verifier, speculate=True) as solver:
            return await solver.solve("p", strategy=DVTS(n=4, beam_width=4))

    spend = run_virtual(main()).spend
    assert spend.wasted_tokens > spend.tokens


def test_a_cancelled_search_leaves_nothing_behind() -> None:
    """At every moment of a search: no slot, no task, no request of it remains."""

    async def main() -> None:
        for moment in range(1, 16):
            solver = solver_at(3, speculate=True, capacity=16)
            async with solver:
                search = asyncio.ensure_future(solver.solve("p", strategy=DVTS(n=8)))
                await asyncio.sleep(moment / 4)
                search.cancel()
                await asyncio.wait([search])
                assert solver.statistics()["generation"].in_use == 0
                assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


class Brittle(RandomGenerator):
    """Fails the first time it is asked to continue a path."""

    failed = False

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """The server has a weak moment."""
        if request.steps and not self.failed:
            self.failed = True
            raise GeneratorUnavailable("busy")
        return await super().generate(request)


def test_a_failed_guess_is_no_failure() -> None:
    """What went wrong ahead of time is asked for again when it is needed."""

    async def main() -> Result:
        async with Solver(
            generator=Brittle(depth=2, delay=1.0), verifier=Opinion(lambda _: 1.0), speculate=True
        ) as solver:
            return await solver.solve(Problem("p"), strategy=DVTS(n=4))

    assert run_virtual(main()).stop_reason == "finished"
