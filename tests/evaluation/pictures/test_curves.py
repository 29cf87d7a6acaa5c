"""Where names and ticks go."""

import pytest

from tts_async.evaluation.pictures.accuracy import apart
from tts_async.evaluation.pictures.curves import spread
from tts_async.evaluation.pictures.groups import in_order
from tts_async.evaluation.pictures.occupancy import averaged


def test_labels_move_apart_around_their_middle() -> None:
    """Near ones share a group, far ones stay where they are."""
    assert spread([0.1, 0.5, 0.52], 0.1) == pytest.approx([0.1, 0.46, 0.56])
    assert spread([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spread([], 0.1) == []


def test_labels_stay_beside_the_picture() -> None:
    """At the top they move down only, at the bottom up only."""
    assert spread([1.0, 1.0], 0.1) == pytest.approx([0.9, 1.0])
    assert spread([0.0, 0.0, 0.05], 0.1) == pytest.approx([0.0, 0.1, 0.2])


def test_ticks_that_would_touch_are_left_out() -> None:
    """The first of a crowd stays."""
    assert apart([1, 2, 60, 64, 256], 0.5) == [1, 2, 60, 256]


def test_levels_come_by_size_and_names_by_the_alphabet() -> None:
    """A number of any length is no problem."""
    assert in_order(["b", "10", "2", "a", "2"]) == ["2", "10", "a", "b"]
    assert in_order(["9" * 5000, "1"]) == ["1", "9" * 5000]


def test_a_long_run_is_averaged() -> None:
    """Nothing is lost: the mean stays."""
    assert averaged([0.0, 1.0, 0.5, 0.5, 1.0], 3) == (2, [0.5, 0.5, 1.0])
    assert averaged([0.25], 3) == (1, [0.25])
