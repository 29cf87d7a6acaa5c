"""Which replica takes the next request: decisions only, no waiting.

A problem stays where its first request went, because the prefixes of its tree are in that server's
cache. Two things outrank that. A replica that is down keeps nobody: its problems move, for good,
to the least loaded of the others. And a replica that is full lends: where another has room, the
one request goes there, at the price of one prefill, and the problem stays. Without the second rule
a hundred searches of one popular problem would queue up at one server while the others idle.

Load is counted in sequences in flight, relative to capacity. Of equally loaded replicas the one
that waited longest for a new problem gets it: problems that are being scored have nothing in
flight, and would otherwise all land on the first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tts_async.errors import ConfigurationError
from tts_async.lru import LruDict

MOST_PINS = 4096


@dataclass(eq=False, slots=True)
class _Place:
    """The books of one replica; ``placed`` is when it last got a new problem, as an ordinal."""

    index: int
    capacity: int
    in_flight: int = 0
    placed: int = 0
    down: str | None = None

    @property
    def load(self) -> float:
        return self.in_flight / self.capacity

    def has_room(self, weight: int) -> bool:
        return self.in_flight + weight <= self.capacity


class Assignment:
    """Pins, loads and who is down. Replicas are named by their index.

    Pins are remembered for the ``most_pins`` problems that were heard of last: the generator is
    never told that a search is over, and a forgotten pin costs one prefill.
    """

    def __init__(self, capacities: Sequence[int], *, most_pins: int = MOST_PINS) -> None:
        if not capacities or min(capacities) < 1:
            raise ConfigurationError("replicas: at least one, each with a capacity of at least 1")
        self._places = [_Place(index, capacity) for index, capacity in enumerate(capacities)]
        self._pins: LruDict[str, _Place] = LruDict(most_pins)
        self._placed = 0

    def assign(self, problem: str, weight: int, avoid: Collection[int] = ()) -> int | None:
        """The replica for a request of ``weight`` sequences, in flight there until ``release``.

        ``avoid`` are replicas that just failed this request; they get it again only if no other
        is up. ``None`` when none is.
        """
        up = [place for place in self._places if place.down is None]
        if not up:
            return None
        up = [place for place in up if place.index not in avoid] or up
        home = self._home(problem, up)
        place = home
        if not home.has_room(weight):
            place = min((p for p in up if p.has_room(weight)), key=_by_load, default=home)
        place.in_flight += weight
        return place.index

    def release(self, index: int, weight: int) -> None:
        """A request is over, whatever way."""
        self._places[index].in_flight -= weight

    def set_down(self, index: int, reason: str) -> None:
        """Give it nothing until ``set_up``."""
        self._places[index].down = reason

    def set_up(self, index: int) -> None:
        """It may have new problems again; those that moved away stay where they are."""
        self._places[index].down = None

    def down(self, index: int) -> str | None:
        """Why a replica gets nothing; ``None`` when it is up."""
        return self._places[index].down

    def in_flight(self, index: int) -> int:
        """Sequences that are being generated there."""
        return self._places[index].in_flight

    def pinned(self, index: int) -> int:
        """How many of the problems heard of last live there."""
        return sum(place.index == index for place in self._pins.values())

    def _home(self, problem: str, up: Sequence[_Place]) -> _Place:
        home = self._pins.get(problem)
        if home is None or home not in up:
            home = self._pins[problem] = min(up, key=_by_load)
            self._placed += 1
            home.placed = self._placed
        return home

    def __repr__(self) -> str:
        shown = (
            f"{place.in_flight}/{place.capacity}{' down' if place.down else ''}"
            for place in self._places
        )
        return f"<Assignment {', '.join(shown)}; {len(self._pins)} pins>"


def _by_load(place: _Place) -> tuple[float, int]:
    return place.load, place.placed
