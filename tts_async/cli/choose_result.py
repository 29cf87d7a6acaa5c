"""One of the searches that a file or a journal holds."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Final

import typer

from tts_async.errors import ConfigurationError
from tts_async.journal import read_results, read_runs
from tts_async.journal.places import is_database, journal_at
from tts_async.result_files import parse_results, read_result_file
from tts_async.types.result import Result

_WHICH: Final = "Which"

FROM_STDIN: Final = "-"
MOST_NAMED: Final = 6
"""Searches that a message lists."""


@dataclass(frozen=True, kw_only=True)
class SearchKey:
    """Which search is meant, as far as it is said; ``None`` leaves a point open."""

    run: Annotated[
        int | None, typer.Option(help="In this run of the journal.", rich_help_panel=_WHICH)
    ] = None
    problem: Annotated[
        str | None, typer.Option(metavar="ID", help="Of this problem.", rich_help_panel=_WHICH)
    ] = None
    strategy: Annotated[
        str | None, typer.Option(help="Searched in this way.", rich_help_panel=_WHICH)
    ] = None
    n: Annotated[
        int | None, typer.Option("--n", help="With so many candidates.", rich_help_panel=_WHICH)
    ] = None
    seed: Annotated[int | None, typer.Option(help="With this seed.", rich_help_panel=_WHICH)] = None

    def allows(self, other: "SearchKey") -> bool:
        """Whether no point contradicts; what is open here or there does not."""
        pairs = zip(_points(self), _points(other), strict=True)
        return all(mine is None or its is None or mine == its for mine, its in pairs)

    def __str__(self) -> str:
        """As options, to be pasted into a shell."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return " ".join(f"--{name} {quote(str(value))}" for name, value in given.items())


def choose_result(source: str, choice: SearchKey) -> Result:
    """The one search that is meant.

    Raises ``ConfigurationError`` when there is no such file, or the choice fits no search in it or
    several; the message lists what there is. A journal that cannot be read is a ``JournalError``,
    a file that holds something else a ``DatasetError``.
    """
    journal = None if source == FROM_STDIN else _journal_at(Path(source))
    searches = _read(source) if journal is None else _searches(journal, choice)
    seen: list[SearchKey] = []
    fitting: list[tuple[SearchKey, Result]] = []
    for description, result in searches:
        if choice.allows(description):
            fitting.append((description, result))
        elif len(seen) <= MOST_NAMED:
            seen.append(description)
        if len(fitting) > MOST_NAMED:
            break
    if len(fitting) == 1:
        return fitting[0][1]
    if fitting:
        several = [description for description, _ in fitting]
        raise ConfigurationError(f"result: {source} has several; choose one: {_listed(several)}")
    if seen or journal is None:
        raise ConfigurationError(f"result: {source} has none with {choice}: {_listed(seen)}")
    raise ConfigurationError(_nothing_in(journal, source, choice))


def _journal_at(path: Path) -> Path | None:
    """The journal that is meant, ``None`` for another file."""
    file = journal_at(path)
    try:
        return file if is_database(file) or path.is_dir() else None
    except FileNotFoundError:
        missing = f"no such file: {path}"
        if path.is_dir():
            missing = f"the folder {path} has no {file.name} in it"
        raise ConfigurationError(f"result: {missing}") from None
    except OSError as error:
        raise ConfigurationError(f"result: cannot read {path} ({error.strerror})") from error


def _read(source: str) -> Iterator[tuple[SearchKey, Result]]:
    """The searches of a file."""
    is_stdin = source == FROM_STDIN
    found = parse_results(sys.stdin.buffer, "stdin") if is_stdin else read_result_file(source)
    for _, result in found:
        yield _describe(result), result


def _searches(journal: Path, choice: SearchKey) -> Iterator[tuple[SearchKey, Result]]:
    """The searches of all runs that the choice allows."""
    for run, description in _runs(journal):
        if choice.allows(description):
            for result in read_results(journal, run=run):
                yield _describe(result, run=run), result


def _runs(journal: Path) -> Iterator[tuple[int, SearchKey]]:
    for run in read_runs(journal):
        settings = run.settings
        yield (
            run.id,
            SearchKey(run=run.id, strategy=settings.strategy, n=settings.n, seed=settings.seed),
        )


def _describe(result: Result, *, run: int | None = None) -> SearchKey:
    return SearchKey(
        run=run,
        problem=result.problem.id,
        strategy=result.strategy,
        n=result.n,
        seed=result.seed,
    )


def _nothing_in(journal: Path, source: str, choice: SearchKey) -> str:
    runs = [description for _, description in islice(_runs(journal), MOST_NAMED + 1)]
    if not runs:
        return f"result: {source} has no finished search yet"
    return f"result: {source} has none with {choice}; its runs: {_listed(runs)}"


def _listed(choices: list[SearchKey]) -> str:
    rest = " …" if len(choices) > MOST_NAMED else ""
    return "; ".join(map(str, choices[:MOST_NAMED])) + rest


def _points(choice: SearchKey) -> list[Any]:
    return list(asdict(choice).values())
