"""Who wins, by which weight, and who wins the ties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.answers import SELECTIONS, Selection, Vote, check_selection, vote
from tts_async.errors import ConfigurationError

GROUPS = [0, 1, None, 1, 0, 1]
SCORES = [0.9, 0.2, 1.0, 0.3, 0.1, 0.3]

candidates = st.lists(
    st.tuples(st.none() | st.integers(0, 4), st.floats(0, 1)), min_size=1, max_size=30
)


def test_majority_counts() -> None:
    """Three votes beat two; the group's best-scored candidate speaks for it."""
    assert vote(GROUPS, SCORES, "majority") == Vote(3, 1, {0: 2.0, 1: 3.0}, 0.6)


def test_weighted_sums_scores() -> None:
    """0.9 + 0.1 beats 0.2 + 0.3 + 0.3; the abstainer's score counts for nobody."""
    result = vote(GROUPS, SCORES, "weighted")
    assert (result.winner, result.group) == (0, 0)
    assert result.weights == pytest.approx({0: 1.0, 1: 0.8})
    assert result.confidence == pytest.approx(1 / 1.8)


def test_naive_takes_the_best() -> None:
    """The single best-scored voter wins with its own score as confidence."""
    assert vote(GROUPS, SCORES, "naive") == Vote(0, 0, {0: 0.9, 1: 0.3}, 0.9)


def test_ties_go_to_the_first() -> None:
    """Equal groups: the one that appears first. Equal candidates: the first of them."""
    for select in SELECTIONS:
        result = vote([7, 3, 3, 7], [0.5, 0.5, 0.5, 0.5], select)
        assert (result.winner, result.group) == (0, 7)


def test_naive_ties_go_to_the_first_candidate() -> None:
    """Not to the group that appears first: its best candidate comes second here."""
    assert vote([0, 1, 0], [0.1, 0.9, 0.9], "naive").winner == 1


def test_nobody_votes() -> None:
    """Without a single answer there is no winner, whatever the scores."""
    for select in SELECTIONS:
        assert vote([], [], select) == Vote()
        assert vote([None, None], [0.5, None], select) == Vote(None, None, {}, 0.0)


def test_without_a_verifier() -> None:
    """Majority needs no scores; the others say what is missing."""
    assert vote([0, 1, 1], [None, None, None], "majority").winner == 1
    for select in ("weighted", "naive"):
        with pytest.raises(ConfigurationError, match="needs a verifier"):
            vote([0, None], [None, 0.5], check_selection(select))


def test_a_missing_score_weighs_nothing() -> None:
    """Candidates without a score neither help their group nor speak for it."""
    assert vote([0, 1, 1], [0.1, None, 0.2], "weighted") == Vote(
        2, 1, {0: 0.1, 1: 0.2}, pytest.approx(2 / 3)
    )


def test_worthless_scores_fall_back_on_votes() -> None:
    """When every score is 0, the larger group wins, then the first; naive takes the first."""
    assert vote([0, 1, 1], [0.0, 0.0, 0.0], "weighted") == Vote(1, 1, {0: 0.0, 1: 0.0}, 2 / 3)
    assert vote([0, 1], [0.0, 0.0], "weighted").group == 0
    assert vote([0, 1, 1], [0.0, 0.0, 0.0], "naive") == Vote(0, 0, {0: 0.0, 1: 0.0}, 0.0)


def test_names_are_checked() -> None:
    """An unknown selection is refused with the list of known ones."""
    assert check_selection("naive") == "naive"
    with pytest.raises(ConfigurationError, match="majority, weighted, naive; got 'best'"):
        check_selection("best")
    with pytest.raises(ConfigurationError, match="majority"):
        vote([0], [1.0], "best")  # type: ignore[arg-type]


def test_lengths_must_match() -> None:
    """One score per candidate."""
    with pytest.raises(ValueError, match="shorter"):
        vote([0, 1], [0.5], "majority")


@pytest.mark.parametrize("select", SELECTIONS)
@given(candidates=candidates)
def test_what_always_holds(select: Selection, candidates: list[tuple[int | None, float]]) -> None:
    """The winner voted, leads its group and the weights; weights add up; confidence is a share."""
    groups = [group for group, _ in candidates]
    scores = [score for _, score in candidates]
    result = vote(groups, scores, select)
    assert 0 <= result.confidence <= 1
    assert set(result.weights) == set(groups) - {None}
    if result.winner is None:
        assert not result.weights
        return
    members = [i for i, group in enumerate(groups) if group == result.group]
    assert result.winner == max(members, key=lambda i: (scores[i], -i))
    assert result.weights[groups[result.winner] or 0] == max(result.weights.values())
    voters = [score for group, score in candidates if group is not None]
    totals = {"majority": len(voters), "weighted": sum(voters)}
    if select in totals:
        assert sum(result.weights.values()) == pytest.approx(totals[select])


@given(candidates)
def test_adding_an_abstainer_changes_nothing(candidates: list[tuple[int | None, float]]) -> None:
    """Abstention is neutral, however high its score."""
    groups, scores = [g for g, _ in candidates], [s for _, s in candidates]
    for select in SELECTIONS:
        assert vote([*groups, None], [*scores, 1.0], select) == vote(groups, scores, select)
