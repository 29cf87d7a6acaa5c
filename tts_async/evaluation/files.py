"""The folder of an evaluation, written so that a crash never leaves half a file behind."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from tts_async.errors import ConfigurationError, JournalError
from tts_async.evaluation.pictures import PICTURES
from tts_async.evaluation.report import outcome_to_dict
from tts_async.evaluation.results import RESULTS, Results, load_results
from tts_async.evaluation.runner import Outcome
from tts_async.evaluation.whole_file import write_whole
from tts_async.evaluation.write_report import HTML, MARKDOWN, PICTURE_FOLDER
from tts_async.journal.lock import WriterLock
from tts_async.journal.places import FILE_NAME as JOURNAL

PROBLEMS = "problems.jsonl"
_BESIDE_JOURNAL = ("", "-wal", "-shm")
"""What SQLite keeps next to a database has the database's name and one of these endings."""


class Folder:
    """A context manager around the files of one evaluation.

    ``record`` appends a line per outcome to ``problems``, ``save`` replaces the ``results``; both
    are on disk when they return, whatever happens to the process afterwards. The ``journal`` is
    for the solver to write. A folder that holds an evaluation already is refused unless it is to be
    resumed (``resume``) or replaced (``overwrite``). A new one in which nothing came of anything
    is gone at the end. Raises ``ConfigurationError`` when the folder cannot be used, and
    ``JournalError`` when another process is at work in it.
    """

    def __init__(self, path: str | Path, *, resume: bool = False, overwrite: bool = False) -> None:
        self.path = Path(path)
        self.results = self.path / RESULTS
        self.problems = self.path / PROBLEMS
        self.journal = self.path / JOURNAL
        self._resume = resume
        self._overwrite = overwrite
        self._lines: TextIO | None = None
        self._is_kept = False

    def find_earlier(self) -> Results | None:
        """The results of the evaluation that is to be resumed; ``None`` where a new one begins."""
        if not self._holds_evaluation or self._overwrite:
            return None
        if not self._resume:
            raise ConfigurationError(
                f"out: {self.path} holds an evaluation already; add --resume to go on with it, "
                "--overwrite to replace it, or choose another folder"
            )
        if not self.results.exists():
            return None  # it ended before there was any result; its journal counts all the same
        try:
            return load_results(self.results)[1]
        except ConfigurationError as error:
            raise ConfigurationError(
                f"resume: {error}\nMove it away to go on with what is in the journal"
            ) from error

    def __enter__(self) -> Self:
        earlier = self.find_earlier()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle, probe = tempfile.mkstemp(dir=self.path)
            os.close(handle)
            Path(probe).unlink()
            if self._overwrite:
                self._clear()
        except OSError as error:
            raise ConfigurationError(
                f"out: cannot write to {self.path} ({error.strerror}); choose another folder"
            ) from error
        self._is_kept = earlier is not None or self._holds_evaluation
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lines is not None:
            self._lines.close()
        if not self._is_kept:
            with suppress(OSError, JournalError):
                self._clear()
                self.path.rmdir()

    def keep(self) -> None:
        """There is something in the journal that is worth more than an empty folder."""
        self._is_kept = True

    def record(self, outcome: Outcome) -> None:
        """Append one problem's outcome."""
        if self._lines is None:
            self._lines = self.problems.open("w", encoding="utf-8")
            self._is_kept = True
        self._lines.write(json.dumps(outcome_to_dict(outcome)) + "\n")
        self._lines.flush()

    def save(self, results: Mapping[str, Any]) -> None:
        """Write the results as they stand, ``Report.to_dict()``."""
        write_whole(self.results, json.dumps(results, indent=2).encode() + b"\n")

    @property
    def _holds_evaluation(self) -> bool:
        return any(path.exists() for path in (self.results, self.problems, self.journal))

    def _clear(self) -> None:
        """Remove an evaluation, unless somebody is writing it."""
        lock = WriterLock(self.journal)
        try:
            for path in self._own_files():
                path.unlink(missing_ok=True)
            with suppress(OSError):  # not there, or with somebody else's pictures in it
                (self.path / PICTURE_FOLDER).rmdir()
        finally:
            lock.release()

    def _own_files(self) -> Iterator[Path]:
        yield from (self.results, self.problems, self.path / MARKDOWN, self.path / HTML)
        for ending in _BESIDE_JOURNAL:
            yield self.path / f"{JOURNAL}{ending}"
        for name in PICTURES:
            for suffix in ("svg", "png"):
                yield self.path / PICTURE_FOLDER / f"{name}.{suffix}"
