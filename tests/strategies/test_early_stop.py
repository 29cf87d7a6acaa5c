"""Drawing fewer answers than asked for, when the rest could not matter."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.drawn import boxed, solve_drawn
from tts_async import BestOfN, Majority, Result, Solver, Strategy
from tts_async.errors import ConfigurationError
from tts_async.seeds import derive_rng
from tts_async.testing import (
    RandomGenerator,
    ScriptedGenerator,
    ScriptedVerifier,
    run_virtual,
)
from tts_async.types.generation import GenerationRequest


def solve(strategy: Strategy, problem: str, timing: int = 0, capacity: int = 256) -> Result:
    """Solve on random answers, each group of which takes its own time."""

    def seconds(request: GenerationRequest) -> float:
        return derive_rng(timing, request.seed).random()

    async def main() -> Result:
        generator = RandomGenerator(depth=0, delay=seconds, capacity=capacity)
        verifier = ScriptedVerifier(lambda step: derive_rng(1, step).random())
        async with Solver(generator=generator, verifier=verifier) as solver:
            result = await solver.solve(problem, strategy=strategy)
            assert solver.statistics()["generation"].in_use == 0
            return result

    return run_virtual(main())


@settings(max_examples=60)
@given(problem=st.text(min_size=1).filter(str.strip), n=st.sampled_from([4, 9, 32]))
@pytest.mark.parametrize("select", ["majority", "weighted", "naive"])
def test_the_winner_is_the_same(problem: str, n: int, select: Any) -> None:
    """Whatever the answers are, for every way to choose."""
    early = solve(BestOfN(n=n, select=select), problem)
    full = solve(BestOfN(n=n, select=select, early_stop=False), problem)
    assert early.answer == full.answer
    assert len(early.candidates) <= len(full.candidates) == n


@settings(max_examples=30)
@given(timing=st.integers(0, 10**6), capacity=st.sampled_from([4, 12, 256]))
def test_the_candidates_do_not_depend_on_timing(timing: int, capacity: int) -> None:
    """The order of arrival decides nothing."""
    usual = solve(Majority(n=32), "p")
    other = solve(Majority(n=32), "p", timing, capacity)
    assert [c.path for c in other.candidates] == [c.path for c in usual.candidates]
    assert other.confidence == usual.confidence


def test_agreement_saves_half() -> None:
    """Eight equal answers of sixteen cannot be outvoted, since ties go to the first."""
    result, generator = solve_drawn(Majority(n=16), {"": [boxed(7)]})
    assert len(result.candidates) == 8
    assert result.spend.saved_tokens == 8 * len(boxed(7))
    assert generator.running == 0
    result, _ = solve_drawn(Majority(n=16, early_stop=False), {"": [boxed(7)]})
    assert (len(result.candidates), result.spend.saved_tokens) == (16, 0)


def test_what_was_not_begun_is_never_asked_for() -> None:
    """With slots for one group at a time, the second half costs nothing at all."""

    async def main() -> tuple[int, int]:
        generator = ScriptedGenerator({"": [boxed(7)]}, delay=1.0, capacity=4)
        async with Solver(generator=generator) as solver:
            result = await solver.solve("p", strategy=Majority(n=16))
        return len(generator.requests), result.spend.tokens

    requests, tokens = run_virtual(main())
    assert (requests, tokens) == (3, 8 * len(boxed(7)))  # the third was begun, and cancelled


def test_a_split_vote_goes_to_the_end() -> None:
    """Two answers head to head: nothing is saved."""
    result, _ = solve_drawn(Majority(n=8), {"": [boxed(1), boxed(2)]})
    assert len(result.candidates) == 8


def test_confidence_is_opt_in_and_stops_sooner() -> None:
    """Four of four is a lead with 97 % certainty: enough for 0.95, not for 0.99."""
    script = {"": [boxed(7)]}
    for confidence, candidates in [(0.95, 4), (0.99, 8)]:
        result, _ = solve_drawn(Majority(n=64, confidence=confidence), script)
        assert len(result.candidates) == candidates
    for wrong in (0.5, 1.0, float("nan")):
        with pytest.raises(ConfigurationError, match="confidence"):
            Majority(confidence=wrong)
