"""A burst begins a few requests at a time, in the order in which they came."""

import asyncio

import pytest

from tts_async.gateway.turnstile import Turnstile


async def through(turnstile: Turnstile, name: int, passed: list[int]) -> None:
    """Note when it is through."""
    await turnstile.enter()
    passed.append(name)


async def test_a_burst_is_spread_over_turns() -> None:
    """Never more than three from one turn of the loop to the next."""
    turnstile, passed = Turnstile(per_turn=3), list[int]()
    tasks = [asyncio.create_task(through(turnstile, name, passed)) for name in range(20)]
    seen = 0
    while len(passed) < len(tasks):
        await asyncio.sleep(0)
        assert len(passed) - seen <= 3
        seen = len(passed)
    assert passed == list(range(20))


async def test_alone_nobody_waits() -> None:
    """Not even for a turn."""
    turnstile = Turnstile(per_turn=1)
    for _ in range(3):
        with pytest.raises(StopIteration):
            turnstile.enter().send(None)
        await asyncio.sleep(0)


async def test_who_gives_up_in_line_takes_no_room() -> None:
    """The others are let through all the same."""
    turnstile, passed = Turnstile(per_turn=2), list[int]()
    tasks = [asyncio.create_task(through(turnstile, name, passed)) for name in range(9)]
    await asyncio.sleep(0)
    for name in (3, 4, 8):
        tasks[name].cancel()
    await asyncio.wait(tasks)
    assert passed == [0, 1, 2, 5, 6, 7]
