"""The books of a lane balance, whatever happens in whatever order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from tts_async.errors import ConfigurationError
from tts_async.scheduler import LaneCore, State, Ticket
from tts_async.types.scheduling import Urgency

CAPACITY = 8
urgencies = st.builds(
    Urgency, st.integers(0, 2), st.integers(0, 5), st.integers(-5, 0), st.sampled_from("abc")
)


class LaneBooks(RuleBasedStateMachine):
    """Any interleaving of what a lane can do, next to the simplest model."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.lane = LaneCore(CAPACITY)
        self.capacity = CAPACITY
        self.waiting: list[Ticket] = []  # in order of arrival
        self.held: list[Ticket] = []  # loans included
        self.lent: list[Ticket] = []  # of these, the ones that may be recalled

    @rule(target=tickets, weight=st.integers(1, 2 * CAPACITY), urgency=urgencies)
    def submit(self, weight: int, urgency: Urgency) -> Ticket:
        """A request comes in."""
        ticket = self.lane.submit(weight, urgency)
        assert ticket.state is State.WAITING
        self.waiting.append(ticket)
        return ticket

    @rule(target=tickets, weight=st.integers(1, 2 * CAPACITY), urgency=urgencies)
    def take(self, weight: int, urgency: Urgency) -> MultipleResults[Ticket]:
        """Free slots that nobody waits for, or nothing."""
        in_use = sum(ticket.held for ticket in self.held)
        ticket = self.lane.take(weight, urgency)
        fits = in_use + min(weight, self.capacity) <= self.capacity
        assert (ticket is not None) == (fits and not self.waiting)
        if ticket is None:
            return multiple()
        self.held.append(ticket)
        return multiple(ticket)

    @rule()
    def grant(self) -> None:
        """Slots go out in order, and no slot stays free that the next ticket could use."""
        in_use = sum(ticket.held for ticket in self.held)
        granted = self.lane.grant()
        for ticket in granted:
            assert ticket.state is State.HELD
            assert ticket.held == min(ticket.weight, self.capacity)
            in_use += ticket.held
            assert in_use <= self.capacity
            assert all(ahead.urgency.priority >= ticket.urgency.priority for ahead in self.waiting)
            own = [t for t in self.waiting if t.urgency[::3] == ticket.urgency[::3]]
            assert ticket is min(own, key=lambda other: other.urgency[1:3])  # stable: by arrival
            self.waiting.remove(ticket)
        self.held += granted
        if self.waiting and in_use < self.capacity:
            top = min(ticket.urgency.priority for ticket in self.waiting)
            classmates = [t for t in self.waiting if t.urgency.priority == top]
            widest = max(min(ticket.weight, self.capacity) for ticket in classmates)
            assert in_use + widest > self.capacity

    @rule(ticket=consumes(tickets))
    def release(self, ticket: Ticket) -> None:
        """A request ends, fails or is cancelled, in the queue or on the slots; once or twice."""
        for _ in range(2):
            self.lane.release(ticket)
            assert ticket.state is State.RELEASED
        self.waiting = [other for other in self.waiting if other is not ticket]
        self.held = [other for other in self.held if other is not ticket]
        self.lent = [other for other in self.lent if other is not ticket]

    @rule(target=tickets, weight=st.integers(1, CAPACITY))
    def lend(self, weight: int) -> MultipleResults[Ticket]:
        """Free slots that nobody waits for, or nothing."""
        in_use = sum(ticket.held for ticket in self.held)
        ticket = self.lane.lend(weight)
        assert (ticket is None) == bool(self.waiting or in_use + weight > self.capacity)
        if ticket is None:
            return multiple()
        self.held.append(ticket)
        self.lent.append(ticket)
        return multiple(ticket)

    @rule(ticket=tickets)
    def keep(self, ticket: Ticket) -> None:
        """The guess was right; harmless for everything that is no loan."""
        self.lane.keep(ticket)
        self.lent = [other for other in self.lent if other is not ticket]

    @rule()
    def recall(self) -> None:
        """Loans are called back, the newest first, as far as those who wait need them."""
        for ticket in self.lane.recall():
            assert ticket is self.lent.pop()
        if self.waiting and self.lent:
            queued = sum(ticket.weight for ticket in self.waiting)
            coming = sum(ticket.held for ticket in self.held if ticket.recalled)
            assert sum(t.held for t in self.held) - coming + queued <= self.capacity

    @rule(capacity=st.integers(1, 2 * CAPACITY))
    def resize(self, capacity: int) -> None:
        """The server turned out to be stronger, or weaker; what runs keeps its slots."""
        self.lane.resize(capacity)
        self.capacity = capacity

    @invariant()
    def books_balance(self) -> None:
        """What the lane says of itself is what is true."""
        statistics = self.lane.statistics()
        assert statistics.in_use == sum(ticket.held for ticket in self.held)
        assert statistics.queued == sum(ticket.weight for ticket in self.waiting)
        assert statistics.tickets_waiting == len(self.waiting)

    def teardown(self) -> None:
        """Nothing starves: once the held ones end, everything that waits gets its turn."""
        while self.waiting:
            for ticket in self.held:
                self.lane.release(ticket)
            self.held = self.lane.grant()
            assert self.held
            self.waiting = [ticket for ticket in self.waiting if ticket not in self.held]


LaneBooks.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestLaneBooks = LaneBooks.TestCase


def test_a_wide_ticket_runs_alone_rather_than_never() -> None:
    """A request for more than the capacity holds the whole lane."""
    lane = LaneCore(4)
    wide = lane.submit(100, Urgency(0, 0, 0))
    assert lane.grant() == [wide]
    assert lane.statistics().in_use == 4


def test_small_tickets_do_not_overtake_a_large_one() -> None:
    """The most urgent ticket is not starved by ones that would fit."""
    lane = LaneCore(4)
    running = lane.submit(2, Urgency(0, 0, 0))
    lane.grant()
    large, small = lane.submit(4, Urgency(0, 1, 0)), lane.submit(1, Urgency(0, 2, 0))
    assert lane.grant() == []
    lane.release(running)
    assert lane.grant() == [large]
    lane.release(large)
    assert lane.grant() == [small]


def test_order_is_priority_then_oldest_problem_then_deepest() -> None:
    """Urgent users first; then problems finish one after the other, deepest node first."""
    lane = LaneCore(1)
    expected = [Urgency(0, 9, 0), Urgency(1, 0, -3), Urgency(1, 0, -1), Urgency(1, 1, -9)]
    for urgency in reversed(expected):
        lane.submit(1, urgency)
    order = []
    while granted := lane.grant():
        order += [ticket.urgency for ticket in granted]
        lane.release(granted[0])
    assert order == expected


def test_a_smaller_lane_grants_nothing_until_enough_came_back() -> None:
    """What is held stays held; the peak remembers the better days."""
    lane = LaneCore(4)
    running = [lane.submit(1, Urgency(0, 0, 0)) for _ in range(4)]
    lane.grant()
    lane.resize(2)
    late = lane.submit(1, Urgency(0, 1, 0))
    for ticket in running[:2]:
        lane.release(ticket)
        assert lane.grant() == []
    lane.release(running[2])
    assert lane.grant() == [late]
    assert lane.statistics().peak == 4


def test_state_is_visible() -> None:
    """The repr shows the books."""
    lane = LaneCore(3)
    lane.submit(2, Urgency(0, 0, 0))
    lane.submit(2, Urgency(0, 0, 0))
    lane.grant()
    assert repr(lane) == "<LaneCore 2/3 in use, 1 tickets waiting for 2>"
    with pytest.raises(ConfigurationError, match="capacity"):
        LaneCore(0)
