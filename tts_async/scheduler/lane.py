"""The awaits around the core.

Every ticket is taken back in a ``finally``, whatever state it is in at that moment: cancelled in
the queue, cancelled between grant and wake-up, failed while it held its slots. That one rule is
what conserves the slots.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tts_async.scheduler.core import LaneCore, Statistics
from tts_async.scheduler.ticket import State, Ticket, Traffic
from tts_async.types.scheduling import Urgency


class Lane:
    """Slots of one resource, shared by all searches of one event loop."""

    def __init__(self, name: str, capacity: int) -> None:
        self.name = name
        self._core = LaneCore(capacity)
        self._wakers: dict[Ticket, asyncio.Future[None]] = {}
        self._recalls: dict[Ticket, Callable[[], object]] = {}

    @asynccontextmanager
    async def slots(self, weight: int, urgency: Urgency) -> AsyncIterator[Ticket]:
        """Wait for ``weight`` slots and hold them while inside."""
        ticket = self._core.submit(weight, urgency)
        try:
            self._hand_out()
            if ticket.state is State.WAITING:
                waker = asyncio.get_running_loop().create_future()
                self._wakers[ticket] = waker
                await waker
            yield ticket
        finally:
            self._wakers.pop(ticket, None)
            self._take_back(ticket)

    def borrow(self, weight: int, recall: Callable[[], object]) -> Ticket | None:
        """Slots for work that may be interrupted, if so many are free and nobody waits."""
        ticket = self._core.lend(weight)
        if ticket is not None:
            self._recalls[ticket] = recall
        return ticket

    def keep(self, loan: Ticket) -> None:
        """The work is wanted now: its slots are no longer recalled."""
        self._recalls.pop(loan, None)
        self._core.keep(loan)

    def give_back(self, loan: Ticket) -> None:
        """The work on a loan has ended; safe to repeat."""
        self._take_back(loan)

    def resize(self, capacity: int) -> None:
        """Have so many slots from now on."""
        self._core.resize(capacity)
        self._hand_out()

    @property
    def traffic(self) -> Traffic:
        """What went through since the last ``take_traffic``."""
        return self._core.traffic

    def take_traffic(self) -> Traffic:
        """What went through; counting begins anew."""
        return self._core.take_traffic()

    def statistics(self) -> Statistics:
        """The state of the lane, for people and tests."""
        return self._core.statistics()

    def _take_back(self, ticket: Ticket) -> None:
        self._recalls.pop(ticket, None)
        self._core.release(ticket)
        self._hand_out()

    def _hand_out(self) -> None:
        for ticket in self._core.grant():
            waker = self._wakers.pop(ticket, None)
            if waker is not None and not waker.done():
                waker.set_result(None)
        for ticket in self._core.recall():
            self._recalls.pop(ticket)()

    def __repr__(self) -> str:
        return f"<Lane {self.name}: {self._core!r}>"
