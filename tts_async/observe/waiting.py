"""Which of the requests under way an event speaks of."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """What waits for a later event, found by what that event will say of it.

    Two requests that say the same of themselves are taken in the order in which they came: the
    events do not tell them apart, and sums over them are the same either way.
    """

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        self._lines: dict[Hashable, list[T]] = {}

    def put(self, key: Hashable, value: T) -> None:
        """Let it wait."""
        line = self._lines.get(key)
        if line is None:
            self._lines[key] = [value]
        else:
            line.append(value)

    def take(self, key: Hashable) -> T | None:
        """The one that came first; ``None`` where none waits."""
        line = self._lines.get(key)
        if line is None:
            return None
        value = line.pop(0)
        if not line:
            del self._lines[key]
        return value

    def drain(self) -> list[T]:
        """All that still wait, which they do no longer."""
        left = [value for line in self._lines.values() for value in line]
        self._lines.clear()
        return left

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))
