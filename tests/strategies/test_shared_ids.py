"""The same numbers in fewer objects."""

import pytest

from tts_async.strategies.shared_ids import MOST, share_ids


@pytest.mark.parametrize(
    "ids", [(), (0,), (5, 700, 700, 151_651), (-3, 5), (MOST, 1), (10**12,), (1, 2, -(10**9))]
)
def test_ids_stay_what_they_are(ids: tuple[int, ...]) -> None:
    """Also those that no vocabulary has."""
    assert share_ids(ids) == ids


def test_equal_ids_are_one_object() -> None:
    """However they came."""
    one, other = (share_ids(tuple(map(int, ["90001", "90002"]))) for _ in range(2))
    assert one[0] is other[0]
    assert one[1] is other[1]
