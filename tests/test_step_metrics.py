"""Every figure against a case small enough to be counted by hand."""

import pytest

from tts_async.errors import ConfigurationError
from tts_async.step_metrics import area_under_curve, best_threshold, first_error, measure_steps


def test_area_under_curve() -> None:
    """All pairs in order, none, one of two; ties count half; one kind alone says nothing."""
    assert area_under_curve([0.9, 0.8, 0.1], [True, True, False]) == 1.0
    assert area_under_curve([0.1, 0.9], [True, False]) == 0.0
    assert area_under_curve([0.9, 0.2, 0.4], [True, True, False]) == 0.5
    assert area_under_curve([0.5, 0.5], [True, False]) == 0.5
    assert area_under_curve([0.5, 0.5, 0.7, 0.2], [True, False, True, False]) == 3.5 / 4
    assert area_under_curve([0.5, 0.7], [True, True]) is None


def test_first_error() -> None:
    """Counted from 0; -1 where there is none."""
    assert first_error([True, False, True, False]) == 1
    assert first_error([True, True]) == -1


def test_every_figure_of_a_small_set() -> None:
    """Two erroneous solutions, one of them located, and three correct ones, two recognised."""
    labels = [[True, False, False], [True, True, False], [True, True], [True], [True, True]]
    scores = [[0.9, 0.2, 0.8], [0.9, 0.3, 0.1], [0.6, 0.7], [0.8], [0.4, 0.9]]
    found = measure_steps(scores, labels)
    assert (found.solutions, found.erroneous, found.steps) == (5, 2, 10)
    assert found.accuracy == 8 / 10  # the third step of the first solution does not count
    assert found.error_accuracy == 1 / 2
    assert found.correct_accuracy == 2 / 3
    assert found.f1 == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert found.auc == 1.0


def test_labels_may_end_with_the_first_error() -> None:
    """As those of ProcessBench do, and the figures are the same."""
    scores = [[0.9, 0.2, 0.1], [0.9, 0.9]]
    whole = measure_steps(scores, [[True, False, False], [True, True]])
    assert measure_steps(scores, [[True, False], [True, True]]) == whole


def test_an_error_found_later_is_not_found() -> None:
    """The place counts: a verifier that wakes up one step late has missed it."""
    found = measure_steps([[0.9, 0.9, 0.1]], [[True, False, False]])
    assert (found.error_accuracy, found.correct_accuracy, found.f1) == (0.0, None, None)


def test_nothing_found_at_all_is_zero() -> None:
    """Not a division by zero."""
    assert measure_steps([[0.9], [0.1]], [[False], [True]]).f1 == 0.0


def test_the_best_threshold_parts_right_from_wrong() -> None:
    """Between 0.3 and 0.4, where 0.5 finds an error in a correct solution."""
    labels, scores = [[True, False], [True, True]], [[0.9, 0.3], [0.4, 0.8]]
    threshold = best_threshold(scores, labels)
    assert threshold == 0.4
    assert measure_steps(scores, labels, threshold=threshold).f1 == 1.0
    assert measure_steps(scores, labels).f1 == 0.0


def test_sets_that_say_nothing_are_refused() -> None:
    """With the reason."""
    with pytest.raises(ConfigurationError, match="no step is labelled"):
        measure_steps([], [])
    with pytest.raises(ConfigurationError, match="with an error and ones without"):
        best_threshold([[0.5]], [[True]])
