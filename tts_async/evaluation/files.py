"""The folder of an evaluation, written so that a crash never leaves half a file behind."""

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from tts_async.errors import ConfigurationError
from tts_async.evaluation.report import Report, outcome_to_dict
from tts_async.evaluation.runner import Outcome

RESULTS = "results.json"
PROBLEMS = "problems.jsonl"
CURVE = "accuracy.png"


class Folder:
    """A context manager around ``results.json`` and ``problems.jsonl`` of one evaluation.

    ``record`` appends a line per outcome, ``save`` replaces the results; both are on disk when
    they return, whatever happens to the process afterwards. An earlier evaluation in the same
    folder is replaced with the first outcome, not before. Raises ``ConfigurationError`` when the
    folder cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.results = self.path / RESULTS
        self.problems = self.path / PROBLEMS
        self.curve = self.path / CURVE
        self._lines: TextIO | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle, probe = tempfile.mkstemp(dir=self.path)
            os.close(handle)
            Path(probe).unlink()
        except OSError as error:
            raise ConfigurationError(
                f"out: cannot write to {self.path} ({error.strerror}); choose another folder"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lines is not None:
            self._lines.close()
            return
        with suppress(OSError):  # nothing was recorded: an empty folder is no result
            self.path.rmdir()

    def record(self, outcome: Outcome) -> None:
        """Append one problem's outcome."""
        if self._lines is None:
            for earlier in (self.results, self.curve):
                earlier.unlink(missing_ok=True)
            self._lines = self.problems.open("w", encoding="utf-8")
        self._lines.write(json.dumps(outcome_to_dict(outcome)) + "\n")
        self._lines.flush()

    def save(self, report: Report) -> None:
        """Write the results as they stand; nothing while there are none."""
        if self._lines is not None:
            write_json(self.results, report.to_dict())


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file whole or not at all: under another name first, then renamed."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2)
            file.write("\n")
        Path(temporary).chmod(0o644)  # mkstemp makes it private
        Path(temporary).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
