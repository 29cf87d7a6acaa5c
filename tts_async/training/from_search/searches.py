"""Where finished searches are read from: a journal, or files of results, one search at a time."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tts_async import __version__
from tts_async.errors import ConfigurationError, DatasetError
from tts_async.journal import read_results, read_runs
from tts_async.journal.places import is_database, journal_at
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.result_files import read_result_file
from tts_async.types.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """A result, and what it does not say itself.

    ``run`` and ``model`` are ``None`` where nobody knows. ``system_prompt`` is the one that the
    answers were drawn with, the solver's own unless given. ``answers`` says how answers were read
    and compared where that was not the usual way, ``version`` of tts_async.
    """

    result: Result
    run: str | None = None
    model: str | None = None
    system_prompt: str | None = SYSTEM_PROMPT
    answers: str | None = None
    version: str = __version__


def read_searches(path: str | Path, *, runs: Collection[int] = ()) -> Iterator[SearchRecord]:
    """The searches of a journal, of a folder that holds one, or of a file of results.

    Such a file has ``Result.to_dict()`` on each line, or is one such object or a list of them.
    Files of lines and journals of any size are fine: one search is in memory at a time. ``runs``:
    only these of a journal, by number. Raises ``DatasetError`` that names file, line and field of
    what cannot be read; ``ConfigurationError`` for runs that are not there; ``JournalError``.
    """
    path = journal_at(path)
    try:
        is_journal = is_database(path)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file") from None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error
    if is_journal:
        yield from _read_journal(path, runs)
    elif runs:
        raise ConfigurationError(f"runs: {path} is no journal, it has none; leave them out")
    else:
        for _, result in read_result_file(path):
            yield SearchRecord(result=result, run=_name(path))


def _read_journal(path: Path, chosen: Collection[int]) -> Iterator[SearchRecord]:
    known = {run.id: run for run in read_runs(path)}
    if missing := set(chosen) - known.keys():
        raise ConfigurationError(
            f"runs: {path} has no run {', '.join(map(str, sorted(missing)))}; "
            f"it has: {', '.join(map(str, known)) or 'none'}"
        )
    for run in [known[number] for number in chosen] or known.values():
        for result in read_results(path, run=run.id):
            yield SearchRecord(
                result=result,
                run=f"{_name(path)}#{run.id}",
                model=run.generator.model or run.generator.kind,
                system_prompt=run.settings.system_prompt,
                answers=run.settings.answers,
                version=run.settings.version,
            )


def _name(path: Path) -> str:
    """Every evaluation calls its journal the same; its folder tells them apart."""
    return "/".join(path.parts[-2:])
