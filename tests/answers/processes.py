"""What the tests of processes share."""

import asyncio
import os
from collections.abc import Callable


def is_running(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that takes a moment."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - nobody tells us when it happens
            await asyncio.sleep(0.01)


def assert_only_this_task_is_left() -> None:
    """Nothing else may be pending in the event loop."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
