"""The capacity finds the knee of a simulated server, stays there, and follows when it moves."""

import random
from collections.abc import Callable
from itertools import pairwise
from statistics import mean

import pytest

from tts_async.errors import ConfigurationError
from tts_async.scheduler.knee import Knee, Window


class Server:
    """Continuous batching by a roofline: a step takes ``floor`` or as long as its sequences need.

    The knee is at ``knee`` sequences; at most ``seats`` of them run, the others wait inside.
    """

    def __init__(self, knee: int, seats: int = 10_000, noise: float = 0.0) -> None:
        self.knee, self.seats, self.noise = knee, seats, noise
        self.tells = False
        self._rng = random.Random(0)

    def window(self, capacity: int) -> Window:
        """One second at a capacity, saturated."""
        running = min(capacity, self.seats)
        step = max(1.0, 0.1 + 0.9 * running / self.knee)
        rate = 1000 * running / step * (1 + self._rng.gauss(0, self.noise))
        tells = {"running": running, "waiting": capacity - running} if self.tells else {}
        return Window(seconds=1, work=rate, in_use=capacity, saturated=True, **tells)


def follow(knee: Knee, server: Server, windows: int) -> list[int]:
    """The capacities over so many windows."""
    return [knee.observe(server.window(knee.capacity)) for _ in range(windows)]


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("where", [6, 48, 200, 900])
def test_it_finds_the_knee_and_stays(where: int, noise: float) -> None:
    """Within 60 windows near enough, and from then on no swinging."""
    knee = Knee(highest=1024)
    later = follow(knee, Server(where, noise=noise), 400)[60:]
    assert 0.7 * where <= mean(later) <= 1.6 * where
    moves = sum(a != b for a, b in pairwise(later))
    assert moves < 0.25 * len(later)


def test_steps_of_the_server_are_followed() -> None:
    """A neighbour comes and goes: down to a quarter, and up again."""
    knee, server = Knee(highest=1024), Server(400, noise=0.02)
    follow(knee, server, 150)
    server.knee = 100
    assert 70 <= mean(follow(knee, server, 200)[100:]) <= 170
    server.knee = 400
    assert 280 <= mean(follow(knee, server, 300)[200:]) <= 640


def test_a_server_that_tells_its_queue_needs_one_window() -> None:
    """The seats there are and half as many again: known at once, probed from above but rarely."""
    knee, server = Knee(highest=512, start=256), Server(10_000, seats=64)
    server.tells = True
    assert follow(knee, server, 1) == [96]
    later = follow(knee, server, 300)
    assert mean(later) <= 98
    assert min(later) >= 64
    server.seats = 128
    assert follow(knee, server, 300)[-1] >= 110


def test_refusals_shrink_at_once_and_for_a_while() -> None:
    """429 means now, whatever the throughput said."""
    knee = Knee(highest=100, start=100)
    refused = Window(seconds=1, work=1, in_use=100, saturated=True, overloads=3)
    assert [knee.observe(refused) for _ in range(3)] == [70, 49, 34]
    assert follow(knee, Server(1000), 15) == [34] * 15
    assert follow(knee, Server(1000), 60)[-1] > 60


def test_a_lane_that_is_not_full_proves_nothing() -> None:
    """Little work because little was asked for."""
    knee = Knee(highest=100, start=10)
    for work in (5.0, 0.0, 100.0):
        quiet = Window(seconds=1, work=work, in_use=3, saturated=False)
        assert knee.observe(quiet) == 10


@pytest.mark.parametrize("seed", range(10))
def test_any_traffic_keeps_it_in_range(seed: int) -> None:
    """Whatever is observed, also nothing at all."""
    rng = random.Random(seed)
    knee = Knee(highest=rng.randint(2, 300), lowest=2)
    draw: Callable[[], Window] = lambda: Window(  # noqa: E731
        seconds=1,
        work=rng.choice([0.0, rng.random(), 1e6]),
        in_use=rng.randint(0, 400),
        saturated=rng.random() < 0.8,
        overloads=int(rng.random() < 0.1),
        running=rng.choice([None, 0, rng.randint(0, 300)]),
        waiting=rng.choice([None, 0, rng.randint(0, 500)]),
    )
    for _ in range(500):
        assert 2 <= knee.observe(draw()) <= knee._highest
    assert "Knee" in repr(knee)


def test_wrong_bounds_are_refused() -> None:
    """Both numbers are named."""
    with pytest.raises(ConfigurationError, match=r"lowest \(5\).*highest \(4\)"):
        Knee(lowest=5, highest=4)
