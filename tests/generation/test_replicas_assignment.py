"""Where requests go: pins, loads and outages, as a sequence of calls without a loop."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.errors import ConfigurationError
from tts_async.generation.replicas.assignment import Assignment


def test_a_problem_stays() -> None:
    """Wherever the first request went, the others go."""
    books = Assignment([8, 8, 8])
    homes = {name: books.assign(name, 1) for name in "abc"}
    assert sorted(homes.values(), key=str) == [0, 1, 2]
    for name in "cabbacab":
        assert books.assign(name, 1) == homes[name]


def test_new_problems_go_where_there_is_least() -> None:
    """Relative to capacity: a replica of twice the size gets twice the load."""
    books = Assignment([10, 20])
    places = Counter(books.assign(f"p{i}", 1) for i in range(30))
    assert places == {0: 10, 1: 20}


def test_idle_replicas_take_turns() -> None:
    """Problems that have nothing in flight at the moment are spread as well."""
    books = Assignment([8, 8])
    homes = []
    for name in "abcdef":
        index = books.assign(name, 4)
        assert index is not None
        books.release(index, 4)
        homes.append(index)
    assert homes == [0, 1] * 3


def test_a_full_home_lends() -> None:
    """One request goes where there is room; the problem still lives where it did."""
    books = Assignment([4, 8])
    assert [books.assign("a", 4), books.assign("a", 4)] == [0, 1]
    assert (books.pinned(0), books.pinned(1)) == (1, 0)
    books.release(0, 4)
    assert books.assign("a", 1) == 0


def test_when_all_are_full_home_is_best() -> None:
    """Waiting in the home's queue is better than in another's; so for one that fits nowhere."""
    books = Assignment([4, 4])
    books.assign("a", 3)
    books.assign("b", 3)
    assert books.assign("a", 3) == 0
    assert Assignment([4, 4]).assign("wide", 99) == 0


def test_problems_leave_a_dead_replica_for_good() -> None:
    """Their prefixes are elsewhere when it is back; new problems go to it again."""
    books = Assignment([8, 8])
    assert [books.assign("a", 1), books.assign("b", 1)] == [0, 1]
    books.release(0, 1)
    books.set_down(0, "gone")
    assert books.assign("a", 1) == 1
    assert books.down(0) == "gone"
    books.set_up(0)
    assert books.assign("a", 1) == 1
    assert books.assign("c", 1) == 0


def test_one_that_just_failed_is_avoided() -> None:
    """Unless it is the only one that is up."""
    books = Assignment([8, 8])
    assert books.assign("a", 1) == 0
    assert books.assign("a", 1, avoid={0}) == 1
    books.set_down(1, "gone")
    assert books.assign("a", 1, avoid={0}) == 0
    books.set_down(0, "gone")
    assert books.assign("a", 1) is None


def test_pins_are_bounded() -> None:
    """Those that were not heard of for longest are forgotten."""
    books = Assignment([1000, 1000], most_pins=10)
    home = books.assign("kept", 1)
    for i in range(500):
        books.assign(f"p{i}", 1)
        assert books.assign("kept", 1) == home
    assert books.pinned(0) + books.pinned(1) == 10


@pytest.mark.parametrize("capacities", [[], [4, 0]])
def test_there_must_be_something(capacities: list[int]) -> None:
    """No replicas, or one that takes nothing."""
    with pytest.raises(ConfigurationError, match="replicas: at least one"):
        Assignment(capacities)


CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), st.integers(0, 5), st.integers(1, 6)),
        st.tuples(st.just("release"), st.integers(0, 99), st.just(0)),
        st.tuples(st.sampled_from(["down", "up"]), st.integers(0, 2), st.just(0)),
    ),
    max_size=60,
)


@given(CALLS)
def test_the_books_always_balance(calls: list[tuple[str, int, int]]) -> None:
    """Whatever happens: in flight is what was given and not released, none to one that is down."""
    capacities = [4, 8, 3]
    books, held, down = Assignment(capacities, most_pins=4), [], set()
    for call, number, weight in calls:
        match call:
            case "assign":
                room = [
                    i
                    for i in range(3)
                    if i not in down and books.in_flight(i) + weight <= capacities[i]
                ]
                index = books.assign(f"p{number}", weight)
                assert (index is None) == (len(down) == 3)
                if index is not None:
                    assert index not in down
                    assert not room or index in room
                    held.append((index, weight))
            case "release" if held:
                books.release(*held.pop(number % len(held)))
            case "down":
                books.set_down(number, "gone")
                down.add(number)
            case "up":
                books.set_up(number)
                down.discard(number)
        for i in range(3):
            assert books.in_flight(i) == sum(w for index, w in held if index == i)
    assert sum(books.pinned(i) for i in range(3)) <= 4
