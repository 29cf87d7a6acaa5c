"""The estimator of pass@k against its definition."""

from itertools import combinations
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.errors import ConfigurationError
from tts_async.evaluation.metrics import mean_pass_at_k, pass_at_k


@pytest.mark.parametrize("n", range(1, 7))
def test_it_is_the_share_of_subsets_with_a_right_one(n: int) -> None:
    """Counted out, for every number of right ones and every k."""
    for correct in range(n + 1):
        answers = [i < correct for i in range(n)]
        for k in range(1, n + 1):
            counted = mean(any(subset) for subset in combinations(answers, k))
            assert pass_at_k(n, correct, k) == pytest.approx(counted)


def test_large_numbers() -> None:
    """200 answers as in the paper, without overflow or loss."""
    assert pass_at_k(200, 1, 100) == pytest.approx(0.5)
    assert pass_at_k(200, 0, 100) == 0.0
    assert pass_at_k(200, 101, 100) == 1.0


@given(st.integers(2, 40), st.data())
def test_more_answers_never_hurt(n: int, data: st.DataObject) -> None:
    """It grows with k and with the number of right ones, from the mean on."""
    correct, k = data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, n - 1))
    assert pass_at_k(n, correct, 1) == pytest.approx(correct / n)
    assert pass_at_k(n, correct, k) <= pass_at_k(n, correct, k + 1) + 1e-12
    assert pass_at_k(n, correct, k) <= pass_at_k(n, correct + 1, k) + 1e-12


def test_problems_count_alike_whatever_their_runs() -> None:
    """A mean of means; fewer answers than k count with what they are, none as failed."""
    problems = [[(4, 4), (4, 0)], [(4, 4)], [(2, 1)], [(0, 0)], []]
    assert mean_pass_at_k(problems, 1) == pytest.approx((0.5 + 1 + 0.5 + 0) / 4)
    assert mean_pass_at_k(problems, 4) == pytest.approx((0.5 + 1 + 1 + 0) / 4)
    assert mean_pass_at_k([], 1) == 0.0


@pytest.mark.parametrize(("n", "correct", "k"), [(4, 1, 5), (4, 1, 0), (4, 5, 1), (4, -1, 1)])
def test_impossible_numbers(n: int, correct: int, k: int) -> None:
    """They are the caller's error."""
    with pytest.raises(ConfigurationError, match="must be from"):
        pass_at_k(n, correct, k)
