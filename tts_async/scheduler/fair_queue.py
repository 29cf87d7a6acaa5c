"""The line of a lane: by priority class, then fairly by tenant, then by place.

Within a class, tenants share by start-time fair queueing (Goyal, Vin and Cheng 1996). Every tenant
has a virtual clock that each grant moves on by its weight; whose clock is furthest behind goes
next, so tenants that always have something waiting get equal numbers of slots, whatever the width
and number of their tickets. A tenant that was away starts at the time of the grant made last: it
neither saves up turns nor pays for the past.

Push and pop are O(log n). What is withdrawn stays in its heap until it comes up, or until half of
the heap is such; so ``withdraw`` is O(1) amortised, and memory in proportion to what really waits.
"""

import heapq
from itertools import count

from tts_async.scheduler.ticket import State, Ticket

FEW = 64  # below this many entries a heap is not worth tidying up


class _Share:
    """One tenant's line in one class, and its virtual clock."""

    def __init__(self, clock: int) -> None:
        self.clock = clock
        self.waiting = 0
        self.lined_up = False
        self._heap: list[tuple[int, int, int, Ticket]] = []

    def push(self, ticket: Ticket, arrival: int) -> None:
        urgency = ticket.urgency
        heapq.heappush(self._heap, (urgency.age, urgency.height, arrival, ticket))
        self.waiting += 1

    def first(self) -> Ticket:
        """The foremost ticket; there must be one."""
        while self._heap[0][-1].state is not State.WAITING:
            heapq.heappop(self._heap)
        return self._heap[0][-1]

    def pop(self) -> None:
        """Let the foremost ticket go and pay for it."""
        ticket = heapq.heappop(self._heap)[-1]
        self.waiting -= 1
        self.clock += ticket.weight

    def withdraw(self) -> None:
        """One of the tickets, no longer ``WAITING``, is out of the line."""
        self.waiting -= 1
        if len(self._heap) > max(FEW, 2 * self.waiting):
            self._heap = [entry for entry in self._heap if entry[-1].state is State.WAITING]
            heapq.heapify(self._heap)


class _Class:
    """All tenants of one priority."""

    def __init__(self) -> None:
        self.waiting = 0
        self._clock = 0
        self._shares: dict[str, _Share] = {}
        self._turns: list[tuple[int, int, _Share]] = []
        self._order = count()
        self._crowd = FEW

    def push(self, ticket: Ticket, arrival: int) -> None:
        share = self._shares.get(ticket.urgency.tenant)
        if share is None:
            self._forget_the_absent()
            share = self._shares[ticket.urgency.tenant] = _Share(self._clock)
        if share.waiting == 0:
            share.clock = max(share.clock, self._clock)
        if not share.lined_up:
            self._line_up(share)
        share.push(ticket, arrival)
        self.waiting += 1

    def first(self) -> Ticket:
        """The foremost ticket; there must be one."""
        while True:
            clock, _, share = self._turns[0]
            if share.waiting and clock == share.clock:
                return share.first()
            self._leave_turn()  # its tickets were withdrawn meanwhile; it may have new ones
            if share.waiting:
                self._line_up(share)

    def pop(self) -> None:
        """Let the ticket go that ``first`` just gave."""
        share = self._leave_turn()
        self._clock = share.clock
        share.pop()
        self.waiting -= 1
        if share.waiting:
            self._line_up(share)

    def withdraw(self, ticket: Ticket) -> None:
        self._shares[ticket.urgency.tenant].withdraw()
        self.waiting -= 1

    def _line_up(self, share: _Share) -> None:
        share.lined_up = True
        heapq.heappush(self._turns, (share.clock, next(self._order), share))

    def _leave_turn(self) -> _Share:
        share = heapq.heappop(self._turns)[-1]
        share.lined_up = False
        return share

    def _forget_the_absent(self) -> None:
        if len(self._shares) < self._crowd:
            return
        self._shares = {
            tenant: share
            for tenant, share in self._shares.items()
            # Whose clock is not ahead would start at the class's clock anyway.
            if share.waiting or share.clock > self._clock
        }
        for *_, share in self._turns:
            share.lined_up = share.waiting > 0
        self._turns = [turn for turn in self._turns if turn[-1].lined_up]
        heapq.heapify(self._turns)
        self._crowd = max(FEW, 2 * len(self._shares))


class FairQueue:
    """Tickets in the order in which they should be granted."""

    def __init__(self) -> None:
        self._classes: dict[int, _Class] = {}
        self._priorities: list[int] = []  # a heap of the keys above
        self._arrivals = count()

    def push(self, ticket: Ticket) -> None:
        """Put a waiting ticket in line."""
        priority = ticket.urgency.priority
        if priority not in self._classes:
            self._classes[priority] = _Class()
            heapq.heappush(self._priorities, priority)
        self._classes[priority].push(ticket, next(self._arrivals))

    def first(self) -> Ticket | None:
        """The ticket whose turn it is, still in line."""
        while self._priorities:
            foremost = self._classes[self._priorities[0]]
            if foremost.waiting:
                return foremost.first()
            del self._classes[heapq.heappop(self._priorities)]
        return None

    def pop(self) -> None:
        """Take out the ticket that ``first`` just gave."""
        self._classes[self._priorities[0]].pop()

    def withdraw(self, ticket: Ticket) -> None:
        """Take out any ticket; its state must no longer be ``WAITING``."""
        self._classes[ticket.urgency.priority].withdraw(ticket)
