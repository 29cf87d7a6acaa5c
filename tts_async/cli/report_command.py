"""``tts-async report``: the pictures and the report of an evaluation, again from its results."""

from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli import options
from tts_async.cli.references import read_references
from tts_async.cli.running import exit_codes, say
from tts_async.evaluation import load_results, write_report
from tts_async.evaluation.pictures import missing_matplotlib


@exit_codes()
def report_results(
    path: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Of an evaluation, or its results.json."),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write. (default: where the results are)",
            rich_help_panel="Output",
        ),
    ] = None,
    reference: options.Reference = None,
) -> None:
    """Write the report of an evaluation again, with its pictures.

    Needs nothing but results.json, so it works for those of another machine too.
    """
    file, results = load_results(path)
    written = write_report(out or file.parent, results, read_references(reference or []))
    obstacle = missing_matplotlib()
    if obstacle is not None:
        say(obstacle)
    for each in written:
        typer.echo(each)
