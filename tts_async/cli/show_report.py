"""The end of an evaluation: its table, its curve, and where everything is."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.console import Console

from tts_async.cli.running import say
from tts_async.errors import ConfigurationError
from tts_async.evaluation import Folder, Report, draw_table, plot_accuracy


def show_report(
    report: Report, folder: Folder, references: Mapping[str, float], *, as_json: bool
) -> None:
    """Draw the curve, then print the table, or the report as one JSON object, to stdout."""
    curve = _draw_curve(report, folder.curve, references)
    if as_json:
        typer.echo(json.dumps(report.to_dict()))
        return
    Console(highlight=False).print(draw_table(report))
    for path in (folder.results, folder.problems, curve):
        if path is not None:
            typer.echo(path)


def show_rest(report: Report, folder: Folder, *, as_json: bool) -> None:
    """After an early end: print the table of what was measured by then, and where it is kept."""
    complete = sum(row.complete for row in report.rows)
    if not any(row.score.problems for row in report.rows):
        return
    if not as_json:
        Console(highlight=False).print(draw_table(report))
    say(f"ended early; {complete} complete rows are kept in {folder.path}")


def _draw_curve(report: Report, path: Path, references: Mapping[str, float]) -> Path | None:
    try:
        plot_accuracy(report.to_dict(), path, references=references)
    except ConfigurationError as error:
        say(str(error))  # the figures are worth having without the picture
        return None
    return path
