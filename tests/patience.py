"""How long the tests wait for others: so long that only what hangs takes longer."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 120.0
"""Seconds. A busy machine may need many for what takes a moment on an idle one."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something to become true of which no event tells; ``PATIENCE`` at most."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.005)


def wait_for(condition: Callable[[], bool], what: str = "") -> None:
    """The same where there is no event loop; ``what`` is waited for."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)
