"""A vote is called settled when, and only when, nothing can change its winner any more."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.answers import Selection, chance_of_lead, is_settled, vote

GROUPS = [None, 0, 1, 2]
SCORES = [0.0, 0.5, 1.0]


@pytest.mark.parametrize("select", ["majority", "weighted", "naive"])
@given(
    drawn=st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(SCORES)), max_size=6),
    remaining=st.integers(1, 2),
)
def test_settled_means_that_no_continuation_changes_the_winner(
    select: Selection, drawn: list[tuple[int | None, float]], remaining: int
) -> None:
    """Against every possible future."""
    numbers: dict[int, int] = {}
    groups = [None if g is None else numbers.setdefault(g, len(numbers)) for g, _ in drawn]
    scores = [score for _, score in drawn]
    if not is_settled(groups, scores, select, remaining):
        return
    winner = vote(groups, scores, select).group
    assert winner is not None
    outcomes = list(itertools.product([None, *range(len(numbers) + 1)], SCORES))
    for future in itertools.product(outcomes, repeat=remaining):
        later = [group for group, _ in future], [score for _, score in future]
        assert vote(groups + later[0], scores + later[1], select).group == winner


@pytest.mark.parametrize(
    ("groups", "scores", "select", "remaining", "settled"),
    [
        ([0, 0, 0, 1], [None] * 4, "majority", 1, True),
        ([0, 0, 0, 1], [None] * 4, "majority", 2, True),  # a tie goes to the first
        ([0, 1, 1, 1], [None] * 4, "majority", 2, False),
        ([0] * 8, [None] * 8, "majority", 8, True),
        ([0, 0, None], [None] * 3, "majority", 1, True),
        ([], [], "majority", 4, False),
        ([0], [0.1], "weighted", 0, True),
        ([0, 0, 0], [0.9, 0.9, 0.9], "weighted", 2, True),
        ([0, 0, 0], [0.6, 0.6, 0.6], "weighted", 2, False),
        ([0, 1], [None, None], "weighted", 2, False),
        ([0, 1], [1.0, 0.2], "naive", 60, True),
        ([0, 1], [0.99, 0.2], "naive", 1, False),
    ],
)
def test_known_cases(
    groups: list[int | None],
    scores: list[float | None],
    select: Selection,
    remaining: int,
    settled: bool,
) -> None:
    """Lead against what is left."""
    assert is_settled(groups, scores, select, remaining) is settled


def test_the_chance_of_a_lead_is_the_beta_tail() -> None:
    """Against drawing the share from its distribution; no votes say nothing."""
    assert chance_of_lead([]) == 0.5
    assert chance_of_lead([None, None]) == 0.5
    assert chance_of_lead([0] * 4) == pytest.approx(1 - 0.5**5)
    rng = random.Random(0)
    draws = [rng.betavariate(6, 3) > 0.5 for _ in range(50_000)]
    assert chance_of_lead([0] * 5 + [1] * 2 + [2]) == pytest.approx(sum(draws) / 50_000, abs=0.01)
