"""A burst of requests begins a few at a time.

Reading a request and beginning its search takes some tenths of a millisecond. Hundreds of them in
one turn of the event loop would hold up whatever else waits for it, searches and streams among it.
"""

import asyncio
from collections import deque

PER_TURN = 16
"""Requests that begin in one turn: some milliseconds of work."""


class Turnstile:
    """Lets ``per_turn`` callers through in every turn of the event loop, in order of arrival."""

    def __init__(self, per_turn: int = PER_TURN) -> None:
        self._per_turn = per_turn
        self._free = per_turn
        self._line: deque[asyncio.Future[None]] = deque()
        self._turning = False

    async def enter(self) -> None:
        """Wait for a turn with room in it; most of the time that is this one."""
        loop = asyncio.get_running_loop()
        if not self._turning:
            self._turning = True
            loop.call_soon(self._turn, loop)
        if self._free:
            self._free -= 1
            return
        place: asyncio.Future[None] = loop.create_future()
        self._line.append(place)
        await place

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._free = self._per_turn
        while self._free and self._line:
            place = self._line.popleft()
            if not place.done():  # who has gone in the meantime takes no room
                place.set_result(None)
                self._free -= 1
        self._turning = bool(self._line) or self._free < self._per_turn
        if self._turning:
            loop.call_soon(self._turn, loop)
