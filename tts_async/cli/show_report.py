"""The end of an evaluation: its table, its report with pictures, and where everything is."""

import json
from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console

from tts_async.cli.running import say
from tts_async.errors import ConfigurationError
from tts_async.evaluation import Folder, Report, draw_table, write_report
from tts_async.evaluation.pictures import missing_matplotlib


def show_report(
    report: Report, folder: Folder, references: Mapping[str, float], *, as_json: bool
) -> None:
    """Write report and pictures, then print the table, or the results as one JSON object."""
    results = report.to_dict()
    written = _write_report(folder, results, references)
    if as_json:
        typer.echo(json.dumps(results))
        return
    Console(highlight=False).print(draw_table(report))
    for path in (folder.results, folder.problems, *written):
        typer.echo(path)


def show_rest(report: Report, folder: Folder, *, as_json: bool) -> None:
    """After an early end: the table of what was measured by then, where it is, how to go on."""
    if not report.rows or not folder.path.exists():
        return  # it never began, or nothing came of it
    if not as_json and any(row.runs for row in report.rows):
        Console(highlight=False).print(draw_table(report))
    complete = sum(row.complete for row in report.rows)
    say(
        f"ended early; {complete} complete rows and all that was drawn are kept in {folder.path}; "
        f"the same command with --resume --out {folder.path} goes on"
    )


def _write_report(
    folder: Folder, results: Mapping[str, Any], references: Mapping[str, float]
) -> list[str]:
    """The documents among what was written; the figures are worth having without any of it."""
    if (obstacle := missing_matplotlib()) is not None:
        say(obstacle)
    try:
        written = write_report(folder.path, results, references)
    except ConfigurationError as error:
        say(str(error))
        return []
    return [str(path) for path in written if path.parent == folder.path]
