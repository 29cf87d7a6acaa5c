"""The books of a lane balance, whatever happens in whatever order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tts_async.errors import ConfigurationError
from tts_async.scheduler import LaneCore, State, Ticket
from tts_async.types.scheduling import Urgency

CAPACITY = 8
urgencies = st.builds(Urgency, st.integers(0, 2), st.integers(0, 5), st.integers(-5, 0))


class LaneBooks(RuleBasedStateMachine):
    """Any interleaving of submit, grant and release, next to the simplest possible model."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.lane = LaneCore(CAPACITY)
        self.waiting: list[Ticket] = []  # in order of arrival
        self.held: list[Ticket] = []

    @rule(target=tickets, weight=st.integers(1, 2 * CAPACITY), urgency=urgencies)
    def submit(self, weight: int, urgency: Urgency) -> Ticket:
        """A request comes in."""
        ticket = self.lane.submit(weight, urgency)
        assert ticket.state is State.WAITING
        self.waiting.append(ticket)
        return ticket

    @rule()
    def grant(self) -> None:
        """Slots go to the most urgent tickets, in order, until one does not fit."""
        granted = self.lane.grant()
        expected = []
        free = CAPACITY - sum(ticket.weight for ticket in self.held)
        for ticket in sorted(self.waiting, key=lambda ticket: ticket.urgency):  # stable: by arrival
            if ticket.weight > free:
                break
            free -= ticket.weight
            expected.append(ticket)
        assert granted == expected
        self.waiting = [ticket for ticket in self.waiting if ticket not in granted]
        self.held += granted

    @rule(ticket=consumes(tickets))
    def release(self, ticket: Ticket) -> None:
        """A request ends, fails or is cancelled, in the queue or on the slots; once or twice."""
        for _ in range(2):
            self.lane.release(ticket)
            assert ticket.state is State.RELEASED
        self.waiting = [other for other in self.waiting if other is not ticket]
        self.held = [other for other in self.held if other is not ticket]

    @invariant()
    def books_balance(self) -> None:
        """What the lane says of itself is what is true; capacity is never exceeded."""
        statistics = self.lane.statistics()
        assert statistics.in_use == sum(ticket.weight for ticket in self.held) <= CAPACITY
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


LaneBooks.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
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


def test_state_is_visible() -> None:
    """The repr shows the books."""
    lane = LaneCore(3)
    lane.submit(2, Urgency(0, 0, 0))
    lane.submit(2, Urgency(0, 0, 0))
    lane.grant()
    assert repr(lane) == "<LaneCore 2/3 in use, 1 tickets waiting for 2>"
    with pytest.raises(ConfigurationError, match="capacity"):
        LaneCore(0)
