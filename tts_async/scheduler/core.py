"""The synchronous heart of a lane: capacity, waiting tickets and who is next.

A lane has a capacity in concurrent sequences; a ticket of weight *k* stands for a request that
occupies *k* of them. ``take`` is the short way while nobody waits; ``submit`` puts a ticket into
the queue, ``grant`` hands out slots to the tickets whose turn it is, ``release`` takes a ticket
back in whatever state it is, ``resize`` changes the capacity under way. ``lend`` gives free slots
to work that may be interrupted and ``recall`` asks for them back. Nothing here awaits, so every
interleaving is a sequence of calls that a test can play.

Two decisions worth knowing. The queue is strict: if the ticket whose turn it is does not fit,
nothing behind it overtakes, because a stream of small tickets would otherwise starve a large one
for ever. And a ticket wider than the lane counts as the whole lane: it runs alone rather than
never.
"""

from dataclasses import dataclass

from tts_async.errors import ConfigurationError
from tts_async.scheduler.fair_queue import FairQueue
from tts_async.scheduler.ticket import State, Ticket, Traffic
from tts_async.types.scheduling import Urgency


@dataclass(frozen=True, slots=True)
class Statistics:
    """A lane at one moment; ``in_use`` and ``queued`` in sequences, ``peak`` the most in use.

    ``in_use`` is above ``capacity`` for a while after the capacity was lowered.
    """

    capacity: int
    in_use: int
    queued: int
    tickets_waiting: int
    peak: int
    granted: int

    @property
    def share(self) -> float:
        """Of the capacity, what is in use, at most 1."""
        return min(1.0, self.in_use / self.capacity)


class LaneCore:
    """The queue and the books of one lane.

    ``traffic`` is what went through since somebody began a new page (``take_traffic``).
    """

    def __init__(self, capacity: int) -> None:
        self.resize(capacity)
        self._queue = FairQueue()
        self._in_use = 0
        self._queued = 0
        self._waiting = 0
        self._peak = 0
        self._granted = 0
        self.traffic = Traffic()
        self._lent: dict[Ticket, None] = {}  # oldest first
        self._coming_back = 0  # slots that were recalled and not returned yet

    def take(self, weight: int, urgency: Urgency) -> Ticket | None:
        """``weight`` slots if they are free and nobody waits, at once or not at all."""
        ticket = Ticket(weight, urgency)
        if self._waiting or not self._fits(ticket):
            return None
        self._hold(ticket)
        self.traffic.saturated = False
        return ticket

    def submit(self, weight: int, urgency: Urgency) -> Ticket:
        """Queue a request for ``weight`` slots."""
        ticket = Ticket(weight, urgency)
        self._queue.push(ticket)
        self._queued += weight
        self._waiting += 1
        return ticket

    def grant(self) -> list[Ticket]:
        """Hand out what is free; returns the tickets that now hold slots, most urgent first."""
        granted: list[Ticket] = []
        while self._waiting and (ticket := self._queue.first()) and self._fits(ticket):
            self._queue.pop()
            self._leave_queue(ticket)
            self._hold(ticket)
            granted.append(ticket)
        if not self._waiting:
            self.traffic.saturated = False
        return granted

    def release(self, ticket: Ticket) -> None:
        """Take a ticket back: give up its slots, or its place in the queue. Safe to repeat."""
        if ticket.state is State.WAITING:
            ticket.state = State.RELEASED
            self._leave_queue(ticket)
            self._queue.withdraw(ticket)
        elif ticket.state is State.HELD:
            self._in_use -= ticket.held
            ticket.state = State.RELEASED
            if ticket.work:
                self.traffic.sequences += ticket.held
                self.traffic.work += ticket.work
            if ticket.recalled:
                self._coming_back -= ticket.held
            self._lent.pop(ticket, None)

    def lend(self, weight: int) -> Ticket | None:
        """Like ``take``, for work that can be interrupted: it may be recalled."""
        if self._in_use + weight > self._capacity:
            return None  # no loan is worth the whole lane
        ticket = self.take(weight, Urgency(0, 0, 0))
        if ticket is not None:
            self._lent[ticket] = None
        return ticket

    def keep(self, ticket: Ticket) -> None:
        """A loan becomes an ordinary holding, unless it was recalled before."""
        self._lent.pop(ticket, None)

    def recall(self) -> list[Ticket]:
        """The loans, newest first, that must end so that everything waiting fits."""
        missing = self._in_use + self._queued - self._capacity - self._coming_back
        recalled: list[Ticket] = []
        while self._queued and missing > 0 and self._lent:
            ticket, _ = self._lent.popitem()
            ticket.recalled = True
            self._coming_back += ticket.held
            missing -= ticket.held
            recalled.append(ticket)
        return recalled

    def resize(self, capacity: int) -> None:
        """Have so many slots from now on; what is held is not taken back."""
        if capacity < 1:
            raise ConfigurationError(f"capacity: must be at least 1, got {capacity}")
        self._capacity = capacity

    def take_traffic(self) -> Traffic:
        """The traffic so far; a new page begins."""
        traffic, self.traffic = self.traffic, Traffic(saturated=self._waiting > 0)
        return traffic

    def statistics(self) -> Statistics:
        """The state of the lane, for people and tests."""
        return Statistics(
            capacity=self._capacity,
            in_use=self._in_use,
            queued=self._queued,
            tickets_waiting=self._waiting,
            peak=self._peak,
            granted=self._granted,
        )

    def _fits(self, ticket: Ticket) -> bool:
        return self._in_use + min(ticket.weight, self._capacity) <= self._capacity

    def _hold(self, ticket: Ticket) -> None:
        ticket.state = State.HELD
        ticket.held = min(ticket.weight, self._capacity)
        self._in_use += ticket.held
        self._peak = max(self._peak, self._in_use)
        self._granted += 1

    def _leave_queue(self, ticket: Ticket) -> None:
        self._queued -= ticket.weight
        self._waiting -= 1

    def __repr__(self) -> str:
        waiting = f"{self._waiting} tickets waiting for {self._queued}"
        return f"<LaneCore {self._in_use}/{self._capacity} in use, {waiting}>"
