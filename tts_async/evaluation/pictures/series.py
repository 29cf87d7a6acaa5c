"""The rows of an evaluation as lines: one per strategy and selection, one point per ``n``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tts_async.evaluation.pictures.looks import Look, looks_of, name_of_kind
from tts_async.evaluation.results import ResultRow, Results

WITHOUT_N: Final = frozenset({"greedy"})
"""Results say ``n`` 1 of them, which is no budget that could be varied."""


@dataclass(frozen=True, slots=True)
class Series:
    """A strategy with one way of selecting: its name, its look, and its rows by ascending ``n``."""

    name: str
    look: Look
    rows: Sequence[ResultRow]

    @property
    def flat(self) -> bool:
        """Whether it has no ``n`` to vary, like greedy decoding."""
        return all(row.n is None for row in self.rows)


def series_of(results: Results) -> list[Series]:
    """Every series, in the order in which they ran."""
    kinds = dict.fromkeys((row.strategy, row.select) for row in results.rows)
    looks = looks_of(kinds)
    found = []
    for strategy, select in kinds:
        rows = [row for row in results.rows if (row.strategy, row.select) == (strategy, select)]
        if strategy in WITHOUT_N:
            rows = [msgspec.structs.replace(row, n=None) for row in rows]
        several = sum(strategy == other for other, _ in kinds) > 1
        found.append(
            Series(
                name=name_of_kind(strategy, select, several=several),
                look=looks[strategy, select],
                rows=sorted(rows, key=lambda row: row.n or 1),
            )
        )
    return found


def counts_of(series: Sequence[Series]) -> list[int]:
    """Every ``n`` of series that have one, ascending."""
    return sorted({row.n for each in series for row in each.rows if row.n})
