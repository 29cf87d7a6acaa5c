"""Simulated time: the event loop's own, or slowed down by a factor."""

import asyncio
from collections.abc import Callable


class Stopwatch:
    """Simulated seconds since it was made; ``scale`` of the loop's seconds are one of them.

    ``late`` adds up by how much its timers came too late, in simulated seconds: what a busy
    machine adds to the simulated one's own time.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.late = 0.0
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()

    def now(self) -> float:
        """Simulated seconds so far."""
        return (self._loop.time() - self._start) / self.scale

    def call_at(self, moment: float, callback: Callable[[float], None]) -> asyncio.TimerHandle:
        """Call back with ``moment`` when it has come."""

        def call() -> None:
            self.late += max(0.0, self.now() - moment)
            callback(moment)

        return self._loop.call_at(self._start + moment * self.scale, call)
