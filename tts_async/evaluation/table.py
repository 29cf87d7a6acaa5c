"""Accuracy by strategy and n, as a table for the terminal."""

from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from tts_async.evaluation.metrics import CONFIDENCE_LEVEL
from tts_async.evaluation.plans import full_name_of
from tts_async.evaluation.report import Report
from tts_async.evaluation.row import Row
from tts_async.strategies import name_of


def draw_table(report: Report) -> Table:
    """One line per row of the report; the best accuracy is bold, an incomplete row is marked.

    Intervals are in square brackets; the difference is to the first row, on the same problems.
    """
    table = Table(
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        pad_edge=False,
        collapse_padding=True,
        caption_justify="left",
    )
    table.title = f"{Path(report.dataset).stem}: {report.problems} problems, {_seeds(report)}"
    table.add_column("strategy", no_wrap=True)
    rows = [row for row in report.rows if row.runs]
    headings = ["n", "accuracy %"]
    if len(rows) > 1:
        headings.append(f"vs {rows[0].label}")
    for heading in [*headings, "tokens", "scored", "seconds"]:
        table.add_column(Text(heading), justify="right", no_wrap=True)
    best = max((row.accuracy.value for row in rows if row.complete), default=None)
    for before, row in zip([None, *rows], rows, strict=False):
        if before is not None and name_of(before.strategy) != name_of(row.strategy):
            table.add_section()
        cells = _cells(row, rows[0] if len(rows) > 1 else None)
        table.add_row(*cells, style="bold" if row.accuracy.value == best else "")
    table.caption = "; ".join(_remarks(rows)) or None
    return table


def _seeds(report: Report) -> str:
    first, last = report.seeds[0], report.seeds[-1]
    return f"seed {first}" if len(report.seeds) == 1 else f"seeds {first} to {last}"


def _cells(row: Row, first: Row | None) -> list[Text]:
    accuracy, spent = row.accuracy, f"{row.seconds:.1f}"
    texts = [
        full_name_of(row.strategy) + ("" if row.complete else " *"),
        "–" if row.n is None else str(row.n),  # noqa: RUF001
        f"{100 * accuracy.value:.1f} [{100 * accuracy.low:.0f}, {100 * accuracy.high:.0f}]",
    ]
    if first is not None:
        texts.append("" if row is first else _difference(row, first))
    texts += [
        f"{row.tokens_per_problem:,.0f}",
        f"{row.verifier_calls / row.runs:,.0f}",
        f"{spent} †" if row.replayed_tokens else spent,
    ]
    return [Text(text) for text in texts]


def _difference(row: Row, first: Row) -> str:
    found = row.difference_to(first)
    return f"{100 * found.value:+.1f} [{100 * found.low:+.0f}, {100 * found.high:+.0f}]"


def _remarks(rows: list[Row]) -> list[str]:
    level = f"{100 * CONFIDENCE_LEVEL:.0f} %"
    remarks = [f"[{level} interval over problems]; tokens and scored paths are for one problem"]
    if any(not row.complete for row in rows):
        remarks.append("* not all problems are in; quick ones finish first")
    if any(row.replayed_tokens for row in rows):
        remarks.append("† not the cost: some of it was in the journal")
    for row in rows:
        if row.chosen:
            choices = ", ".join(f"{name} {n}x" for name, n in row.chosen.most_common())
            remarks.append(f"{row.label} went on with {choices}")
    if failed := sum(row.errors for row in rows):
        ended = "1 search" if failed == 1 else f"{failed} searches"
        remarks.append(f"{ended} ended with an error (see problems.jsonl) and count as wrong")
    return remarks
