"""Slots are conserved under cancellation at every moment."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_async.scheduler import Lane
from tts_async.testing import run_virtual
from tts_async.types.scheduling import Urgency


async def hold(lane: Lane, weight: int, seconds: float, age: int = 0) -> None:
    """Use some slots for some time."""
    async with lane.slots(weight, Urgency(0, age, 0)):
        assert lane.statistics().in_use <= lane.statistics().capacity
        await asyncio.sleep(seconds)


@settings(max_examples=100)
@given(seed=st.integers(0, 10_000))
def test_random_cancellation_loses_no_slot(seed: int) -> None:
    """Tasks cancelled in the queue, on the slots, and right at the hand-over: all slots return."""
    rng = random.Random(seed)

    async def main() -> None:
        lane = Lane("test", 5)
        tasks = [
            asyncio.create_task(hold(lane, rng.randint(1, 7), rng.choice([0, 0, 1, 2]), i))
            for i in range(30)
        ]
        for _ in range(40):
            rng.choice(tasks).cancel()
            await asyncio.sleep(rng.choice([0, 0, 0, 0.5, 1]))
        await asyncio.gather(*tasks, return_exceptions=True)
        statistics = lane.statistics()
        assert (statistics.in_use, statistics.queued, statistics.tickets_waiting) == (0, 0, 0)
        await hold(lane, 5, 1)

    run_virtual(main())


def test_cancelled_at_the_hand_over() -> None:
    """A waiter cancelled after its grant and before its wake-up passes the slot on."""

    async def main() -> None:
        lane = Lane("test", 1)
        first = asyncio.create_task(hold(lane, 1, 1))
        await asyncio.sleep(0)
        second, third = (asyncio.create_task(hold(lane, 1, 1)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)  # first leaves; the slot is second's, who does not run yet
        second.cancel()
        await asyncio.wait([first, second, third])
        assert third.exception() is None
        assert lane.statistics().in_use == 0

    run_virtual(main())


def test_an_error_returns_the_slots() -> None:
    """A request that fails gives its slots back."""

    async def main() -> None:
        lane = Lane("test", 2)
        with pytest.raises(ZeroDivisionError):
            async with lane.slots(2, Urgency(0, 0, 0)):
                _ = 1 / 0
        assert lane.statistics().in_use == 0
        assert "0/2 in use" in repr(lane)

    run_virtual(main())
