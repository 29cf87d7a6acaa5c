"""How busy the lanes were: averages, bounded memory, and late looks."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.evaluation.occupancy import Occupancy
from tts_async.scheduler import Statistics
from tts_async.testing import run_virtual


def lane(in_use: int, capacity: int = 4) -> Statistics:
    """A lane with so many slots in use."""
    return Statistics(
        capacity=capacity, in_use=in_use, queued=0, tickets_waiting=0, peak=0, granted=0
    )


def test_looks_of_an_interval_are_averaged() -> None:
    """A lane that is not there is idle."""
    occupancy = Occupancy(interval=1.0)
    for at, share in ((0.1, 0.2), (0.6, 0.4), (1.5, 1.0)):
        occupancy.add(at, {"generation": share})
    occupancy.begin("greedy", 0.0)
    occupancy.begin("dvts n=4", 0.5)
    occupancy.end(1.75)
    assert occupancy.to_dict() == {
        "interval_s": 1.0,
        "generation": [0.3, 1.0],
        "verification": [0.0, 0.0],
        "rows": [
            {"label": "greedy", "start_s": 0.0, "end_s": 0.5},
            {"label": "dvts n=4", "start_s": 0.5, "end_s": 1.75},
        ],
    }


def test_when_there_are_too_many_each_two_become_one() -> None:
    """The mean stays, and the memory too."""
    occupancy = Occupancy(interval=1.0, most=4)
    for second in range(9):
        occupancy.add(second + 0.5, {"generation": second % 2, "verification": 1.0})
    data = occupancy.to_dict()
    assert data["interval_s"] == 4.0
    assert data["generation"] == [0.5, 0.5, 0.0]
    assert data["verification"] == [1.0, 1.0, 1.0]


@given(st.lists(st.floats(0.0, 50.0), min_size=1, max_size=60), st.floats(0, 1))
def test_any_looks(gaps: list[float], share: float) -> None:
    """A lane that was always as busy was that busy in every interval, however late the looks."""
    occupancy, at = Occupancy(most=10), 0.0
    for gap in gaps:
        at += gap
        occupancy.add(at, {"generation": share})
    data = occupancy.to_dict()
    assert 1 <= len(data["generation"]) <= 10
    assert data["generation"] == pytest.approx([share] * len(data["generation"]), abs=1e-4)
    assert (len(data["generation"]) - 1) * data["interval_s"] <= at


def test_nothing_recorded_is_nothing() -> None:
    """No empty picture."""
    assert Occupancy().to_dict() == {}


def test_recording_looks_until_it_ends() -> None:
    """Every tenth of a second, and the row under way ends with it."""
    occupancy = Occupancy()

    async def main() -> None:
        def statistics() -> dict[str, Statistics]:
            return {"generation": lane(2), "verification": lane(9)}

        async with occupancy.recording(statistics) as clock:
            await asyncio.sleep(0.5)
            occupancy.begin("greedy", clock())
            await asyncio.sleep(0.5)

    run_virtual(main())
    data = occupancy.to_dict()
    assert data["generation"][:9] == [0.5] * 9
    assert data["verification"][:9] == [1.0] * 9  # above its capacity for a while
    assert data["rows"] == [{"label": "greedy", "start_s": 0.5, "end_s": 1.0}]
