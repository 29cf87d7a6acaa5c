"""Tenants take turns by what they use, not by how much they ask for."""

import random
from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tts_async.scheduler.fair_queue import FairQueue
from tts_async.scheduler.ticket import State, Ticket
from tts_async.types.scheduling import Urgency

ages = count()


def ticket(tenant: str, weight: int = 1, priority: int = 0) -> Ticket:
    """A request of the next problem of a tenant."""
    return Ticket(weight, Urgency(priority, next(ages), 0, tenant))


def take(queue: FairQueue) -> Ticket:
    """The next in line, granted."""
    first = queue.first()
    assert first is not None
    queue.pop()
    first.state = State.HELD
    return first


def withdraw(queue: FairQueue, gone: Ticket) -> None:
    """Somebody gave up waiting."""
    gone.state = State.RELEASED
    queue.withdraw(gone)


def test_a_thousand_problems_do_not_starve_a_single_one() -> None:
    """Whoever comes late with one request is second in line, not the thousand and first."""
    queue = FairQueue()
    for _ in range(1000):
        queue.push(ticket("many"))
    for _ in range(10):
        take(queue)
    queue.push(ticket("one"))
    assert "one" in [take(queue).urgency.tenant for _ in range(2)]


@settings(max_examples=60)
@given(
    weights=st.dictionaries(
        st.sampled_from("abcd"), st.lists(st.integers(1, 16), min_size=20, max_size=20), min_size=2
    )
)
def test_backlogged_tenants_get_the_same(weights: dict[str, list[int]]) -> None:
    """While all have something waiting, no two are further apart than their two widest tickets."""
    queue = FairQueue()
    for tenant, own in weights.items():
        for weight in own:
            queue.push(ticket(tenant, weight))
    left = {tenant: len(own) for tenant, own in weights.items()}
    used = Counter(dict.fromkeys(weights, 0))
    while min(left.values()) > 1:
        taken = take(queue)
        used[taken.urgency.tenant] += taken.weight
        left[taken.urgency.tenant] -= 1
        widest = max(max(own) for own in weights.values())
        assert max(used.values()) - min(used.values()) <= 2 * widest


def test_absence_saves_up_no_turns() -> None:
    """Who comes back shares from now on; the lane is not theirs alone until they caught up."""
    queue = FairQueue()
    for _ in range(300):
        queue.push(ticket("steady"))
    queue.push(ticket("guest"))
    for _ in range(100):
        take(queue)
    for _ in range(100):
        queue.push(ticket("guest"))
    turns = Counter(take(queue).urgency.tenant for _ in range(40))
    assert turns == {"steady": 20, "guest": 20}


def test_a_class_waits_for_the_class_before_it() -> None:
    """Priorities are strict; fairness is within."""
    queue = FairQueue()
    for priority in (1, 0, 1, -1):
        queue.push(ticket("a", priority=priority))
    assert [take(queue).urgency.priority for _ in range(4)] == [-1, 0, 1, 1]
    assert queue.first() is None


@pytest.mark.parametrize("seed", range(20))
def test_withdrawn_tickets_never_come_up_and_leave_no_trace(seed: int) -> None:
    """Random pushes, pops and withdrawals of many tenants; memory follows what waits."""
    rng = random.Random(seed)
    queue = FairQueue()
    waiting: list[Ticket] = []
    for step in range(4000):
        action = rng.random()
        if action < 0.5 or not waiting:
            waiting.append(ticket(f"tenant {rng.randrange(step + 1)}", rng.randint(1, 9)))
            queue.push(waiting[-1])
        elif action < 0.8:
            withdraw(queue, waiting.pop(rng.randrange(len(waiting))))
        else:
            waiting.remove(take(queue))
    while waiting:
        waiting.remove(take(queue))
    assert queue.first() is None
    assert not queue._classes


def test_giving_up_again_and_again_costs_no_memory() -> None:
    """A full lane, and tenants who come, wait and leave."""
    queue = FairQueue()
    queue.push(ticket("stays"))
    for turn in range(10_000):
        gone = ticket(f"tenant {turn}")
        queue.push(gone)
        withdraw(queue, gone)
    (only,) = queue._classes.values()
    assert len(only._shares) + len(only._turns) < 500
