"""``tts-async runs``: what journals hold: list it, look at it, take it out."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from tts_async.cli import options
from tts_async.cli.output_file import check_output
from tts_async.cli.running import exit_codes, say
from tts_async.cli.runs_formats import FORMATS
from tts_async.cli.show_runs import show_results, show_run, show_runs
from tts_async.errors import ConfigurationError
from tts_async.journal import RunRecord, find_journals, read_results, read_runs
from tts_async.journal.places import journal_at

runs = typer.Typer(
    help="What journals hold: list it, look at it, take it out.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Journal = Annotated[
    Path,
    typer.Argument(metavar="JOURNAL", help="A journal, or the folder of an evaluation with one."),
]


@runs.command("list")
@exit_codes()
def list_runs(
    place: Annotated[
        Path,
        typer.Argument(metavar="FOLDER|JOURNAL", help="Every journal in and below a folder."),
    ] = Path("runs"),
    *,
    as_json: options.Json = False,
) -> None:
    """List the runs of journals, one line each."""
    found = {path: read_runs(path) for path in _journals(place)}
    if as_json:
        rows = [{"journal": str(path), **run.to_dict()} for path in found for run in found[path]]
        typer.echo(json.dumps(rows))
    else:
        show_runs(found)


@runs.command("show")
@exit_codes()
def show_journal(
    journal: Journal,
    *,
    run: Annotated[
        int | None, typer.Option(metavar="ID", help="One run, with its results.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show what the runs of a journal were, or the results of one."""
    path = _existing(journal)
    chosen = read_runs(path) if run is None else [_find(path, run)]
    if as_json:
        data = [each.to_dict() for each in chosen]
        if run is not None:
            data[0]["answers"] = [
                {
                    "problem": result.problem.id,
                    "answer": result.answer,
                    "confidence": result.confidence,
                    "stop_reason": result.stop_reason,
                    "tokens": result.spend.tokens,
                }
                for result in read_results(path, run=run)
            ]
        typer.echo(json.dumps(data if run is None else data[0]))
        return
    for each in chosen:
        show_run(each)
    if run is not None:
        show_results(read_results(path, run=run))


@runs.command("export")
@exit_codes()
def export_results(
    journal: Journal,
    *,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help=f"{' or '.join(FORMATS)}.")
    ] = "jsonl",
    run: Annotated[int | None, typer.Option(metavar="ID", help="One run. (default: all)")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write. (default: stdout)")
    ] = None,
) -> None:
    """Write the results of a journal as JSON lines, one per finished search."""
    convert = FORMATS.get(form)
    if convert is None:
        raise ConfigurationError(f"format: unknown {form!r}; choose one of {', '.join(FORMATS)}")
    path = _existing(journal)
    chosen = read_runs(path) if run is None else [_find(path, run)]
    with _opened(out) as lines:
        for each in chosen:
            say(f"run {each.id}: {each.results} results of {each.settings.settings}")
        for result in read_results(path, run=run):
            lines.write(json.dumps(convert(result), default=str) + "\n")


def _opened(out: Path | None) -> AbstractContextManager[TextIO]:
    if out is None:
        return nullcontext(sys.stdout)
    check_output(out, "out")
    try:
        return out.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"out: cannot write {out} ({error.strerror})") from error


def _journals(place: Path) -> list[Path]:
    own = _existing(place)
    if not place.is_dir():
        return [own]
    found = find_journals(place)
    if not found and own.is_file():
        return [own]  # what is wrong with it, reading it will tell
    if not found:
        raise ConfigurationError(f"journal: none in {place}; give the folder that holds them")
    return found


def _existing(place: Path) -> Path:
    """The journal at a place; raises ``ConfigurationError`` where nothing is."""
    if not place.exists():
        raise ConfigurationError(f"journal: {place} does not exist; give a journal or its folder")
    return journal_at(place)


def _find(journal: Path, number: int) -> RunRecord:
    known = {run.id: run for run in read_runs(journal)}
    if number not in known:
        choices = ", ".join(map(str, known)) or "none"
        raise ConfigurationError(f"run: {journal} has no run {number}; it has: {choices}")
    return known[number]
