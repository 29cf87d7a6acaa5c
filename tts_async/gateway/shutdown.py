"""How a gateway ends: what runs may finish, what waits is sent away, and nothing is cut off.

The first SIGTERM or Ctrl-C closes the doors: ``/ready`` says 503, so that a balancer looks
elsewhere, and so does every new search, while those under way go on for a while. Then, or at a
second signal, they are cancelled and their clients told so, in a stream by an error event. A third
signal has the effect it had before.
"""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import structlog

from tts_async.gateway.parts import Access

ECHO_SECONDS: Final = 0.3
"""A second signal so soon is the first one's echo: ``timeout`` sends to process and group."""


class StopSignals:
    """``asked`` is set by the first signal to stop, ``forced`` by the second."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.forced = asyncio.Event()
        self._first = 0.0

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen while inside; only the main thread can hear signals."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            if not self._first:
                self._first = time.monotonic()
                loop.call_soon_threadsafe(self.asked.set)  # the call also wakes the loop up
            elif time.monotonic() - self._first > ECHO_SECONDS:
                loop.call_soon_threadsafe(self.forced.set)
                restore()

        def restore() -> None:
            for number, handler in before.items():
                signal.signal(number, handler)

        before = {
            number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            restore()


async def drain(access: Access, seconds: float, forced: asyncio.Event) -> None:
    """Admit nothing more, and stop what still runs after ``seconds``, or when ``forced``."""
    log = structlog.get_logger("tts_async")
    log.info("stopping; searches under way may finish", seconds=seconds)
    access.close()
    ends = [asyncio.create_task(access.ended()), asyncio.create_task(forced.wait())]
    try:
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
    access.stop_searches()
