"""Accuracy by strategy and n, as a table for the terminal."""

from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from tts_async.evaluation.report import Report, Row
from tts_async.strategies import name_of


def draw_table(report: Report) -> Table:
    """One line per row of the report; the best accuracy is bold, an incomplete row is marked."""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    table.title = f"{Path(report.dataset).stem}: {report.problems} problems, seed {report.seed}"
    table.add_column("strategy")
    for heading in ("n", "accuracy %", "tokens/problem", "scored", "seconds"):
        table.add_column(heading, justify="right")
    rows = [row for row in report.rows if row.score.problems]
    best = max((row.score.accuracy for row in rows if row.complete), default=None)
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None and name_of(before.strategy) != name_of(row.strategy):
            table.add_section()
        table.add_row(*_cells(row), style="bold" if row.score.accuracy == best else "")
    if any(not row.complete for row in rows):
        table.caption = "* not all problems are in; quick ones finish first"
    if any(row.errors for row in rows):
        failed = sum(row.errors for row in rows)
        table.caption = f"{failed} problems ended with an error and count as wrong"
    return table


def _cells(row: Row) -> tuple[Text, ...]:
    accuracy = f"{100 * row.score.accuracy:.1f} ± {100 * row.score.stderr:.1f}"
    texts = (
        name_of(row.strategy) + ("" if row.complete else " *"),
        "–" if row.n is None else str(row.n),  # noqa: RUF001
        accuracy,
        f"{row.tokens_per_problem:,.0f}",
        f"{row.verifier_calls:,}",
        f"{row.seconds:.1f}",
    )
    return tuple(map(Text, texts))
