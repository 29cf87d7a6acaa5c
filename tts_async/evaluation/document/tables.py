"""The tables of a report. Each function gives a list: empty where there is nothing to tell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tts_async.evaluation.pictures.groups import in_order
from tts_async.evaluation.pictures.series import Series, counts_of
from tts_async.evaluation.results import GroupScore, ResultRow


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and what is said beside it; ``strong`` stands out, ``share`` in [0, 1] is a tint."""

    text: str
    beside: str = ""
    strong: bool = False
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of as many cells; the first ``names`` columns are text, not numbers."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    names: int = 1


class Bounded(Protocol):
    """A value with its interval."""

    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102


NOTHING = Cell("–")  # noqa: RUF001 - the usual sign for an empty cell


def percent(share: float) -> str:
    """A share in per cent with one decimal."""
    return f"{100 * share:.1f}"


def bounds(value: Bounded) -> str:
    """The interval in per cent, ``"61.1 to 72.7"``."""
    return f"{percent(value.low)} to {percent(value.high)}"


def by_count(series: Sequence[Series], references: Mapping[str, float]) -> list[Table]:
    """Accuracy: a row per strategy, a column per N, and one for what has no N."""
    flat = any(each.flat for each in series) or bool(references)
    columns: list[int | None] = [*([None] if flat else []), *counts_of(series)]
    if not columns:
        return []
    best = {n: _best(series, n) for n in columns}
    rows = []
    for each in series:
        found = {_column(each, row): row for row in each.rows}
        cells = [
            _accuracy(found[n], strong=found[n].accuracy == best[n]) if n in found else NOTHING
            for n in columns
        ]
        rows.append([Cell(each.name), *cells])
    for label, accuracy in references.items():
        rows.append([Cell(label), Cell(percent(accuracy)), *[NOTHING] * (len(columns) - 1)])
    headings = ["no N" if n is None else f"N = {n:,}" for n in columns]
    return [Table(["strategy", *headings], rows)]


def costs(series: Sequence[Series]) -> list[Table]:
    """Tokens, requests and time: a line per row of the evaluation."""
    replayed = any(row.replayed_tokens for each in series for row in each.rows)
    rows = []
    for names, row in _lines(series):
        share = row.replayed_tokens / row.tokens if row.tokens else 0.0
        cells = [
            f"{row.tokens_per_problem:,.0f}",
            f"{row.tokens:,}",
            *([f"{100 * share:.0f} %"] if replayed else []),
            f"{row.expansions:,}",
            f"{row.verifier_calls:,}",
            f"{row.seconds:,.1f}",
            f"{row.errors:,}",
        ]
        rows.append([*names, *map(Cell, cells)])
    headings = ["tokens/problem", "tokens", *(["replayed"] if replayed else [])]
    headings += ["requests", "paths scored", "seconds", "errors"]
    return _table(headings, rows)


def by_group(
    series: Sequence[Series],
    groups_of: Callable[[ResultRow], Mapping[str, GroupScore]],
    prefix: str,
) -> list[Table]:
    """Accuracy by level or subject."""

    def cells(row: ResultRow) -> dict[str, Cell]:
        return {
            name: Cell(percent(group.accuracy), bounds(group), share=group.accuracy)
            for name, group in groups_of(row).items()
        }

    return _by_key(series, cells, prefix)


def pass_at_k(series: Sequence[Series]) -> list[Table]:
    """One column per k."""

    def cells(row: ResultRow) -> dict[str, Cell]:
        return {k: Cell(percent(share), share=share) for k, share in row.pass_at_k.items()}

    return _by_key(series, cells, "k = ")


def by_seed(series: Sequence[Series]) -> list[Table]:
    """One column per seed, where there are several."""

    def cells(row: ResultRow) -> dict[str, Cell]:
        return {str(it.seed): Cell(percent(it.accuracy)) for it in row.seeds if it.problems}

    return _by_key(series, cells, "seed ", least=2)


def differences(series: Sequence[Series]) -> list[Table]:
    """What every row gained over another one."""
    rows = [
        [
            *labels,
            Cell(row.difference.to),
            Cell(
                f"{100 * row.difference.value:+.1f}",
                f"{100 * row.difference.low:+.1f} to {100 * row.difference.high:+.1f}",
            ),
        ]
        for labels, row in _lines(series)
        if row.difference is not None
    ]
    return _table(["over", "difference"], rows)


def settings(series: Sequence[Series]) -> list[Table]:
    """Every strategy with all of its options."""
    rows = [[*labels, Cell(row.settings)] for labels, row in _lines(series) if row.settings]
    return [Table(["strategy", "N", "settings"], rows, names=3)] if rows else []


def _lines(series: Sequence[Series]) -> Iterator[tuple[list[Cell], ResultRow]]:
    for each in series:
        for row in each.rows:
            name = each.name if row.complete else f"{each.name} *"
            yield [Cell(name), NOTHING if row.n is None else Cell(f"{row.n:,}")], row


def _by_key(
    series: Sequence[Series],
    cells_of: Callable[[ResultRow], Mapping[str, Cell]],
    prefix: str,
    *,
    least: int = 1,
) -> list[Table]:
    """A column per key, if there are so many; a line per row of the evaluation that has any."""
    lines = [(labels, cells) for labels, row in _lines(series) if (cells := cells_of(row))]
    keys = in_order(key for _, cells in lines for key in cells)
    if len(keys) < least:
        return []
    rows = [[*labels, *(cells.get(key, NOTHING) for key in keys)] for labels, cells in lines]
    return _table([f"{prefix}{key}" for key in keys], rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Table]:
    return [Table(["strategy", "N", *headings], rows)] if rows else []


def _column(series: Series, row: ResultRow) -> int | None:
    return None if series.flat else row.n


def _best(series: Sequence[Series], n: int | None) -> float | None:
    """The best accuracy of a column, where there is one to compare it with."""
    found = [row.accuracy for each in series for row in each.rows if _column(each, row) == n]
    return max(found) if len(found) > 1 else None


def _accuracy(row: ResultRow, *, strong: bool) -> Cell:
    mark = "" if row.complete else " *"
    return Cell(f"{percent(row.accuracy)}{mark}", bounds(row), strong=strong)
