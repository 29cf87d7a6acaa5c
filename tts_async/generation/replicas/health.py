"""When to ask a replica how it is, and what to make of the answer.

Nobody asks a replica that is idle and was well when last heard of: the next request will tell. One
that works is asked now and then, because a host that lost its power says nothing, and its requests
would wait for their own long timeout. One that is down is asked until it answers.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tts_async.errors import ConfigurationError
from tts_async.generation.replicas.assignment import Assignment
from tts_async.generation.replicas.replica import Replica


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """How closely replicas are watched, in seconds.

    ``interval`` between two questions to a replica that works, ``timeout`` for an answer,
    ``strikes`` questions in a row without one until it counts as down (a server under full load
    may miss one), ``recovery`` between two questions to one that is down.
    """

    interval: float = 5.0
    timeout: float = 10.0
    strikes: int = 2
    recovery: float = 1.0

    def __post_init__(self) -> None:
        if min(self.interval, self.timeout, self.recovery) <= 0 or self.strikes < 1:
            raise ConfigurationError("health: seconds must be positive, strikes at least 1")


class Watcher:
    """Keeps the books of one replica's health; ``on_change`` hears of everything it finds out.

    ``run`` is the task; ``notice_failure`` and ``notice_work`` wake it up.
    """

    def __init__(
        self,
        replica: Replica,
        books: Assignment,
        index: int,
        policy: HealthPolicy,
        on_change: Callable[[], None],
    ) -> None:
        self._replica = replica
        self._books = books
        self._index = index
        self._policy = policy
        self._on_change = on_change
        self._strikes = 0
        self._nudge = asyncio.Event()

    @property
    def is_down(self) -> bool:
        """Whether it gets nothing for now."""
        return self._books.down(self._index) is not None

    def notice_failure(self, error: Exception) -> None:
        """A request found it dead: nothing more for it until it answers a question."""
        if not self.is_down:
            self._set_down(error)
            self._nudge.set()

    def notice_work(self) -> None:
        """A request is on its way to it."""
        if not self._replica.busy:
            self._nudge.set()

    async def run(self) -> None:
        """Rest and ask, for ever."""
        while True:
            nudged = await self._rest()
            if self.is_down:
                if nudged and not self._replica.can_be_asked:
                    continue  # it just failed: give it a while, then another chance
                await self._examine()
            elif self._replica.busy and not nudged:
                await self._examine()

    async def _rest(self) -> bool:
        """Whether something happened before the time was over."""
        self._nudge.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause()):
                return await self._nudge.wait()
        return False

    def _pause(self) -> float | None:
        if self.is_down:
            return self._policy.recovery
        return self._policy.interval if self._replica.busy else None

    async def _examine(self) -> None:
        try:
            await self._replica.probe(self._policy.timeout)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not an answer
            self._strikes += 1
            if self.is_down or self._strikes >= self._policy.strikes:
                self._set_down(error)
                self._replica.interrupt()
            return
        self._strikes = 0
        if not self.is_down:
            return
        try:
            # It lives, so what it still has in hand is left to it. But does it work?
            await self._replica.probe(self._policy.timeout, deep=True)
        except Exception as error:  # noqa: BLE001 - as above
            self._set_down(error)
        else:
            self._books.set_up(self._index)
            self._on_change()

    def _set_down(self, error: Exception) -> None:
        self._books.set_down(self._index, str(error) or f"{self._replica.name}: no answer in time")
        self._on_change()
