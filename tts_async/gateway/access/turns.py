"""The line before the searches: how many run at a time, and who is next.

A synchronous core, as the engine's lanes have: ``ask`` joins the line, ``give_back`` leaves it in
whatever state, and both hand out what is free. The lanes share the machines, request by request;
here it is decided how many searches may be in memory at all.
"""

import asyncio
from collections import Counter
from typing import Final

from tts_async.gateway.errors import GatewayError

_RESERVE: Final = 8
"""One place in so many is kept for tenants of which nothing runs."""
_MEMORY: Final = 0.1
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 60.0


class Turn:
    """A place in the line, and then among the running; ``granted`` is set in between."""

    def __init__(self, tenant: str, priority: int, arrival: int, now: float) -> None:
        self.tenant = tenant
        self.priority = priority
        self.arrival = arrival
        self.since = now
        self.granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Turns:
    """At most ``places`` searches run and ``most_waiting`` wait.

    The next one is of the most urgent priority, then of the tenant that has the fewest running,
    then the one that came first. With ``several`` tenants, some places are kept for those of which
    nothing runs, so that a long search of one does not hold up the first of another. When the line
    is full, whoever has the longest part of it makes room: the last of theirs is refused.
    """

    def __init__(self, places: int, most_waiting: int, *, pause: float) -> None:
        self.running: Counter[str] = Counter()
        self.several = False
        self._places = places
        self._most_waiting = most_waiting
        self._waiting: list[Turn] = []
        self._arrivals = 0
        self._seconds: float | None = None
        self._pause = pause

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return len(self._waiting)

    def ask(self, tenant: str, priority: int, now: float) -> Turn:
        """Join the line, and run at once where there is room. Raises ``GatewayError`` 429."""
        turn = Turn(tenant, priority, self._arrivals, now)
        self._arrivals += 1
        self._waiting.append(turn)
        self._grant(now)
        if len(self._waiting) > self._most_waiting:
            self._refuse(self._one_too_many(turn))
            if turn.granted.done():
                turn.granted.result()
        return turn

    def give_back(self, turn: Turn, now: float) -> None:
        """It has ended, or does not want to run any more."""
        if turn in self._waiting:
            self._waiting.remove(turn)
        elif turn.granted.done() and not turn.granted.cancelled() and not turn.granted.exception():
            self.running[turn.tenant] -= 1
            self.running += Counter()  # forgets those of which nothing runs
            self._learn(now - turn.since)
        self._grant(now)

    def refuse_all(self, error: GatewayError) -> None:
        """Nobody in line gets a turn any more."""
        while self._waiting:
            self._answer(self._waiting.pop(), error)

    def pause(self, ahead: int = 0) -> float:
        """Seconds until there may be room behind so many others."""
        if self._seconds is None:
            return self._pause
        expected = self._seconds * (ahead + 1) / self._places
        return min(max(expected, _SHORTEST_PAUSE), _LONGEST_PAUSE)

    def _grant(self, now: float) -> None:
        while (turn := self._next()) is not None:
            self._waiting.remove(turn)
            if turn.granted.cancelled():
                continue
            self.running[turn.tenant] += 1
            turn.since = now
            turn.granted.set_result(None)

    def _next(self) -> Turn | None:
        free = self._places - self.running.total()
        kept = self._places // _RESERVE if self.several else 0
        able = (t for t in self._waiting if free > (kept if self.running[t.tenant] else 0))
        return min(able, key=self._order, default=None)

    def _order(self, turn: Turn) -> tuple[int, int, int]:
        return (turn.priority, self.running[turn.tenant], turn.arrival)

    def _one_too_many(self, newest: Turn) -> Turn:
        """Of the tenant with the longest line, the last; the newcomer where all are as long."""
        lengths = Counter(turn.tenant for turn in self._waiting)
        tenant, length = max(lengths.items(), key=lambda item: item[1])
        if length <= lengths[newest.tenant]:
            return newest
        return max((t for t in self._waiting if t.tenant == tenant), key=lambda t: t.arrival)

    def _refuse(self, turn: Turn) -> None:
        self._waiting.remove(turn)
        message = "all places and the whole line are taken; try again later"
        wait = self.pause(len(self._waiting))
        self._answer(turn, GatewayError(429, "queue_full", message, retry_after=wait))

    @staticmethod
    def _answer(turn: Turn, error: GatewayError) -> None:
        if not turn.granted.done():
            turn.granted.set_exception(error)

    def _learn(self, seconds: float) -> None:
        known = seconds if self._seconds is None else self._seconds
        self._seconds = known + _MEMORY * (seconds - known)
