"""Greedy, majority and Best-of-N on hand-drawn answers."""

import pytest

from tests.strategies.drawn import answers, boxed, solve_drawn
from tts_async import BestOfN, Greedy, Majority
from tts_async.errors import ConfigurationError


def test_greedy_takes_one_answer_at_temperature_zero() -> None:
    """One request, temperature 0, to the end of the answer."""
    result, generator = solve_drawn(Greedy(), {"": ["a\n\n"], "a\n\n": [boxed(7)]})
    (request,) = generator.requests
    assert (request.n, request.stop, request.sampling.temperature) == (1, None, 0.0)
    assert (result.answer, result.confidence, result.stop_reason) == ("7", 1.0, "finished")


def test_majority_counts() -> None:
    """The most frequent answer wins; an answer without a box abstains."""
    script = {"": [boxed(1), boxed(2), "no idea", boxed(2), "cut off…"]}
    result, generator = solve_drawn(Majority(n=5), script)
    assert [request.n for request in generator.requests] == [4, 1]
    assert result.answer == "2"
    assert [(votes.answer, votes.count) for votes in result.votes] == [("1", 1), ("2", 2)]
    assert answers(result) == ["1", "2", None, "2"]  # the truncated one is no candidate
    assert result.confidence == pytest.approx(2 / 3)


def test_majority_tie_goes_to_the_first() -> None:
    """Equal counts: the answer that came first in tree order."""
    result, _ = solve_drawn(Majority(n=4), {"": [boxed(5), boxed(4), boxed(4), boxed(5)]})
    assert result.answer == "5"


def test_best_of_n_vanilla_and_weighted_differ() -> None:
    """One answer with the top score against two good ones that agree."""
    script = {"": [boxed(1), boxed(2), boxed(2)]}
    scores = {boxed(1): 0.9, boxed(2): 0.6}
    vanilla, _ = solve_drawn(BestOfN(n=3, select="naive"), script, scores)
    weighted, _ = solve_drawn(BestOfN(n=3, select="weighted"), script, scores)
    majority, _ = solve_drawn(BestOfN(n=3, select="majority"), script, scores)
    assert (vanilla.answer, weighted.answer, majority.answer) == ("1", "2", "2")
    assert [votes.weight for votes in weighted.votes] == pytest.approx([0.9, 1.2])


@pytest.mark.parametrize(
    ("aggregation", "winner"), [("last", "1"), ("min", "2"), ("prod", "2"), ("mean", "1")]
)
def test_aggregation_decides(aggregation: str, winner: str) -> None:
    """A path that stumbled once and ended well, against one that was never outstanding."""
    script = {"": ["bad\n\n" + boxed(1), "fair\n\n" + boxed(2)]}
    scores = {"bad": 0.5, boxed(1): 0.9, "fair": 0.65, boxed(2): 0.7}
    result, _ = solve_drawn(BestOfN(n=2, select="naive"), script, scores, aggregation)  # type: ignore[arg-type]
    assert result.answer == winner


def test_truncated_answers_are_neither_scored_nor_counted() -> None:
    """All answers cut off: a clear result without an answer, and no call to the verifier."""
    result, _ = solve_drawn(BestOfN(n=2), {"": ["cut…", "cut…"]}, {})
    assert (result.answer, result.stop_reason, result.confidence) == (None, "no_answer", 0.0)
    assert (result.spend.verifier_calls, result.spend.tokens) == (0, 6)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "4"])
def test_n_must_be_a_positive_integer(n: int) -> None:
    """The message names the field."""
    with pytest.raises(ConfigurationError, match=r"^n: expected an integer of at least 1"):
        Majority(n=n)
    with pytest.raises(ConfigurationError, match=r"^n: expected an integer of at least 1"):
        BestOfN(n=n)


def test_unknown_selection() -> None:
    """The message lists the choices."""
    with pytest.raises(ConfigurationError, match="majority, weighted, naive"):
        BestOfN(select="best")  # type: ignore[arg-type]
