"""The awaits around the core.

Every ticket is given back, whatever state it is in at that moment: cancelled in the queue,
cancelled between grant and wake-up (both in ``acquire``), or when the work that held its slots
ended, failed or was cancelled (``LaneSlots``). That one rule is what conserves the slots.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType

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

    def slots(self, weight: int, urgency: Urgency) -> "LaneSlots":
        """Wait for ``weight`` slots and hold them while inside."""
        return LaneSlots(self, weight, urgency)

    async def acquire(self, weight: int, urgency: Urgency) -> Ticket:
        """A ticket that holds ``weight`` slots; it must be given back."""
        ticket = self._core.take(weight, urgency)
        if ticket is not None:
            return ticket
        ticket = self._core.submit(weight, urgency)
        try:
            self._hand_out()
            await self._granted(ticket)
        except BaseException:
            self.give_back(ticket)
            raise
        return ticket

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

    def give_back(self, ticket: Ticket) -> None:
        """Its work has ended; safe to repeat."""
        self._recalls.pop(ticket, None)
        self._core.release(ticket)
        self._hand_out()

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

    async def _granted(self, ticket: Ticket) -> None:
        if ticket.state is State.WAITING:
            waker = self._wakers[ticket] = asyncio.get_running_loop().create_future()
            try:
                await waker
            finally:
                self._wakers.pop(ticket, None)

    def _hand_out(self) -> None:
        for ticket in self._core.grant():
            waker = self._wakers.pop(ticket, None)
            if waker is not None and not waker.done():
                waker.set_result(None)
        for ticket in self._core.recall():
            self._recalls.pop(ticket)()

    def __repr__(self) -> str:
        return f"<Lane {self.name}: {self._core!r}>"


class LaneSlots:
    """The right to hold slots, as a context: entering waits for them, leaving gives them back.

    A class rather than a generator, because it stands around every request and a generator costs
    several times as much.
    """

    __slots__ = ("_lane", "_ticket", "_urgency", "_weight")

    def __init__(self, lane: Lane, weight: int, urgency: Urgency) -> None:
        self._lane = lane
        self._weight = weight
        self._urgency = urgency

    async def __aenter__(self) -> Ticket:
        self._ticket = await self._lane.acquire(self._weight, self._urgency)
        return self._ticket

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lane.give_back(self._ticket)
