"""What the tests of processes share."""

import asyncio
import os


def is_running(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def assert_only_this_task_is_left() -> None:
    """Nothing else may be pending in the event loop."""
    assert asyncio.all_tasks() == {asyncio.current_task()}
