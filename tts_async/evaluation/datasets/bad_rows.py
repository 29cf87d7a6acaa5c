"""Rows that are no problem: all of them are counted, the first of each kind are named.

One wrong column name makes a million bad rows with one reason, so what is kept, and what a message
says, is bounded: a few reasons, and of each a few places.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

REASONS: Final = 5
PLACES: Final = 5


class BadRow(ValueError):
    """Why a row is not a problem, and what would make it one."""


Rows = Iterator[tuple[str, Mapping[str, Any] | BadRow]]
"""What a reader yields: the place of each row (``"line 7"``) and the row, if it can be read."""


class BadRows:
    """The bad rows of one source; ``count`` of them in all.

    ``reasons`` maps the first few reasons to the places of the first few rows that they hold for.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.count = 0
        self.reasons: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, place: str, reason: str) -> None:
        """Take down one bad row."""
        self.count += 1
        if reason not in self.reasons and len(self.reasons) == REASONS:
            return
        places = self.reasons.setdefault(reason, [])
        if len(places) < PLACES:
            places.append(place)
        self._counts[reason] = self._counts.get(reason, 0) + 1

    def __len__(self) -> int:
        return self.count

    def __str__(self) -> str:
        """One line for each reason, and one for the rest."""
        lines = [self._line(reason, places) for reason, places in self.reasons.items()]
        rest = self.count - sum(self._counts.values())
        return "\n".join([*lines, f"and {rest} more for other reasons"] if rest else lines)

    def _line(self, reason: str, places: list[str]) -> str:
        unit = places[0].split()[0]
        numbers = ", ".join(place.split()[1] for place in places)
        more = self._counts[reason] - len(places)
        where = f"{unit}{'s' if len(places) > 1 else ''} {numbers}"
        return f"{self.source}, {where}{f' and {more} more' if more else ''}: {reason}"


class SkippedRows(UserWarning):
    """Some rows were left out, as ``skip_bad`` wants it; ``rows`` says which and why."""

    def __init__(self, rows: BadRows) -> None:
        super().__init__(f"{rows.count} bad rows are left out:\n{rows}")
        self.rows = rows
