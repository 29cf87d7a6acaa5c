"""Paired differences: by the authors' formula, and whatever the numbers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.evaluation.metrics import paired_difference


def test_the_formula_of_the_paper() -> None:
    """Agresti and Min: of 50 problems one strategy alone solves 12 and the other alone 5."""
    found = paired_difference([1.0] * 12 + [-1.0] * 5 + [0.0] * 33)
    size, difference = 52, 7
    reach = 1.959964 * ((12 + 5 + 1) - difference**2 / size) ** 0.5 / size
    assert found.value == pytest.approx(7 / 50)
    assert (found.low, found.high) == pytest.approx(
        (difference / size - reach, difference / size + reach)
    )


def test_no_difference_at_all() -> None:
    """Not an interval of nothing: fifty equal outcomes leave room for a rare difference."""
    found = paired_difference([0.0] * 50)
    assert found.value == 0.0
    assert found.high == -found.low == pytest.approx(1.959964 / 52)


def test_no_problem_says_nothing() -> None:
    """The interval is everything."""
    found = paired_difference([])
    assert (found.problems, found.value, found.low, found.high) == (0, 0.0, -1.0, 1.0)


@given(st.lists(st.floats(-1, 1, width=16), min_size=1, max_size=50))
def test_properties(values: list[float]) -> None:
    """In range and around its value; the other way round it is the mirror image."""
    found, mirrored = paired_difference(values), paired_difference([-v for v in values])
    assert -1 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))
