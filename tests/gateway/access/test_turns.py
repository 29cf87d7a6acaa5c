"""Who is next, and who is sent away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.gateway import GatewayError
from tts_async.gateway.access.turns import Turn, Turns
from tts_async.testing import run_virtual


def line(places: int = 1, most_waiting: int = 100, *, several: bool = True) -> Turns:
    """Without anybody in it."""
    turns = Turns(places, most_waiting, pause=5.0)
    turns.several = several
    return turns


def granted(turns: list[Turn]) -> list[bool]:
    """Which of them run."""
    return [turn.granted.done() and turn.granted.exception() is None for turn in turns]


async def test_first_come_first_served() -> None:
    """Where nothing else tells them apart."""
    turns = line()
    first, second, third = (turns.ask("a", 0, 0.0) for _ in range(3))
    assert granted([first, second, third]) == [True, False, False]
    turns.give_back(first, 1.0)
    assert granted([second, third]) == [True, False]


async def test_the_urgent_go_first() -> None:
    """Lower numbers."""
    turns = line()
    running, usual, urgent = (turns.ask("a", priority, 0.0) for priority in (0, 0, -1))
    turns.give_back(running, 1.0)
    assert granted([usual, urgent]) == [False, True]


async def test_then_whoever_has_less_running() -> None:
    """However many the other one asked for before."""
    turns = line(places=4)
    many = [turns.ask("many", 0, 0.0) for _ in range(100)]
    few = [turns.ask("few", 0, 0.0) for _ in range(2)]
    assert granted(few) == [False, False]
    turns.give_back(many[0], 1.0)
    turns.give_back(many[1], 1.0)
    assert granted(few) == [True, True]
    assert turns.running == {"many": 2, "few": 2}


async def test_a_place_is_kept_for_whom_nothing_runs() -> None:
    """A long search of one does not hold up the first of another."""
    turns = line(places=16)
    many = [turns.ask("many", 0, 0.0) for _ in range(20)]
    assert sum(granted(many)) == 14
    newcomers = [turns.ask(name, 0, 0.0) for name in ("b", "c", "d")]
    assert granted(newcomers) == [True, True, False]
    assert turns.running.total() == 16


async def test_a_single_tenant_has_all_places() -> None:
    """Nobody else is to come."""
    turns = line(places=16, several=False)
    assert all(granted([turns.ask("", 0, 0.0) for _ in range(16)]))


async def test_a_full_line_is_shared_too() -> None:
    """The last of the longest make room, until all parts are as long."""
    turns = line(most_waiting=4)
    many = [turns.ask("many", 0, 0.0) for _ in range(5)]
    with pytest.raises(GatewayError) as raised:
        turns.ask("many", 0, 0.0)
    assert (raised.value.status, raised.value.retry_after) == (429, 5.0)
    few = [turns.ask("few", 0, 0.0) for _ in range(2)]
    refused = [turn for turn in many if turn.granted.done() and turn.granted.exception()]
    assert refused == many[3:]
    with pytest.raises(GatewayError):
        turns.ask("few", 0, 0.0)
    assert turns.waiting == 4
    for turn in [*many, *few]:
        turns.give_back(turn, 1.0)
    assert (turns.waiting, turns.running.total()) == (0, 0)


async def test_no_line_at_all() -> None:
    """Places, and nothing behind them."""
    turns = line(places=2, most_waiting=0, several=False)
    turns.ask("a", 0, 0.0)
    second = turns.ask("a", 0, 0.0)
    with pytest.raises(GatewayError):
        turns.ask("b", 0, 0.0)
    turns.give_back(second, 0.0)
    turns.ask("b", 0, 0.0)


async def test_when_to_come_back_is_learnt() -> None:
    """From how long searches take, within reason."""
    turns = line(places=2)
    assert turns.pause() == 5.0
    turns.give_back(turns.ask("a", 0, 0.0), 30.0)
    assert turns.pause() == pytest.approx(15.0)
    assert turns.pause(ahead=2) == pytest.approx(45.0)
    assert turns.pause(ahead=1000) == 60.0


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "give", "cancel"]), st.integers(0, 3), st.integers(0, 2)),
    max_size=80,
)


@given(
    steps=STEPS, places=st.integers(1, 17), most_waiting=st.integers(0, 5), several=st.booleans()
)
def test_places_are_conserved(
    steps: list[tuple[str, int, int]], places: int, most_waiting: int, *, several: bool
) -> None:
    """In whatever order turns are asked for, given back and given up."""

    async def play() -> None:
        turns, held = line(places, most_waiting, several=several), []
        for what, tenant, priority in steps:
            if what == "ask":
                try:
                    held.append(turns.ask(str(tenant), priority, 0.0))
                except GatewayError:
                    assert turns.waiting == most_waiting
            elif held:
                turn = held.pop(tenant % len(held))
                if what == "cancel":
                    turn.granted.cancel()
                turns.give_back(turn, 1.0)
            running = sum(granted(held))
            assert running == turns.running.total() <= places
            assert turns.waiting <= most_waiting
            kept = places // 8 if several else 0
            if turns.waiting:
                assert running >= places - kept
        for turn in held:
            turns.give_back(turn, 1.0)
        assert turns.waiting == turns.running.total() == 0

    run_virtual(play())
