"""Which answers pass@k is made of: never those that were drawn because of what they said."""

from collections.abc import Sequence

import pytest

from tests.evaluation.parrot import Listener
from tts_async import DVTS, BestOfN, Budget, Greedy, Majority, Problem, Solver, Strategy
from tts_async.evaluation import Row, evaluate, plan_runs
from tts_async.evaluation.draws import draws_of
from tts_async.testing import RandomGenerator, ScriptedGenerator, run_virtual
from tts_async.types.generation import Generator

SEVEN, EIGHT, CUT = r"so $\boxed{7}$", r"so $\boxed{8}$", "and on and on…"


def draws(
    strategy: Strategy, answers: Sequence[str], budget: Budget | None = None
) -> tuple[int, int] | None:
    """Of one search for the answer 7 that is given these answers in turn."""

    async def main() -> tuple[int, int] | None:
        generator = ScriptedGenerator({"": answers})
        async with Solver(generator=generator, verifier=Listener(), budget=budget) as solver:
            found = evaluate(solver, [Problem("p", answer="7")], strategy)
            (outcome,) = [outcome async for outcome in found]
        return draws_of(strategy, outcome.result, outcome.right)

    return run_virtual(main())


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Greedy(), (1, 1)),
        (Majority(n=8, early_stop=False), (8, 5)),
        (BestOfN(n=8, early_stop=False), (8, 5)),
        (Majority(n=8), (4, 3)),  # could have ended there
        (Majority(n=12), (8, 5)),  # not before these
        (Majority(n=12, confidence=0.9), (4, 3)),
        (BestOfN(n=12, select="naive"), (4, 3)),  # a perfect score would have ended it
        (Majority(n=6), (4, 3)),
        (Majority(n=2), (2, 2)),
    ],
)
def test_draws_that_are_made_in_any_case(strategy: Strategy, expected: tuple[int, int]) -> None:
    """All of them, or with an early stop the first half; a truncated answer is a wrong one."""
    answers = [SEVEN, SEVEN, CUT, SEVEN, EIGHT, SEVEN, SEVEN, EIGHT, *[EIGHT] * 8]
    assert draws(strategy, answers) == expected


def test_a_budget_that_cuts_a_vote_short() -> None:
    """What is missing depends on what was there, so there is no estimate."""
    budget = Budget(expansions=1)
    assert draws(Majority(n=16), [SEVEN, EIGHT], budget) is None
    assert draws(Majority(n=16, early_stop=False), [SEVEN, EIGHT], budget) == (4, 2)


def test_tree_search_counts_its_candidates() -> None:
    """However many they are."""
    strategy = DVTS(n=8, beam_width=4)

    async def main() -> None:
        async with Solver(generator=RandomGenerator(depth=2), verifier=Listener()) as solver:
            async for outcome in evaluate(solver, [Problem("p", answer="7")], strategy):
                found = draws_of(strategy, outcome.result, outcome.right)
                count = len(outcome.result.candidates)
                answers = [candidate.answer for candidate in outcome.result.candidates]
                assert found == (count, answers.count("7"))
                assert count >= 8

    run_virtual(main())


def row_of(strategy: Strategy, generator: Generator, seeds: Sequence[int], count: int) -> Row:
    """A row over problems that all have the answer 7."""
    problems = [Problem(f"p{i}", answer="7") for i in range(count)]

    async def main() -> Row:
        row = Row(strategy, count, seeds)
        async with Solver(generator=generator, verifier=Listener()) as solver:
            async for outcome in evaluate(solver, problems, strategy, seeds=seeds):
                row.add(outcome)
        return row

    return run_virtual(main())


def test_an_early_stop_does_not_bias_the_estimate() -> None:
    """Digits at random: one answer in ten is right, with or without the stop."""
    (plain,), (stopping,) = (
        plan_runs(["majority"], [8], early_stop=early_stop) for early_stop in (False, True)
    )
    rows = [row_of(each, RandomGenerator(), range(5), 100) for each in (plain, stopping)]
    shares = [row.pass_at_k() for row in rows]
    assert [list(share) for share in shares] == [[1, 2, 4, 8], [1, 2, 4]]
    for share in shares:
        for k, value in share.items():
            assert value == pytest.approx(1 - 0.9**k, abs=0.03)
