"""A file of JSON lines that a killed run continues.

Rows are appended whole and flushed, so a kill can tear the last line only. Opening the file again
cuts a torn line off and says which rows are there; the run then asks only for what is missing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tts_async.errors import ConfigurationError, DatasetError

Row = tuple[str, dict[str, Any]]
"""A place for error messages, ``"FILE, line 7"``, and the object that stands there."""


class RowFile:
    """Appends rows to a file; every row that ``append`` returned from survives a kill."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def resume(self) -> list[Row]:
        """The rows of earlier runs; the file exists afterwards and ends with a whole line.

        Raises ``ConfigurationError`` when the file cannot be written, and, before it changes
        anything, ``DatasetError`` when it holds something that no run leaves behind.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                file.seek(0)
                content = file.read()
                whole = content.rfind(b"\n") + 1
                rows = list(_parse(content[:whole].split(b"\n"), self.path))
                if content[whole:] and not content[whole:].startswith(b"{"):
                    raise DatasetError(f"{self.path}: its last line is no row; choose another file")
                file.truncate(whole)
        except OSError as error:
            raise ConfigurationError(
                f"out: cannot write to {self.path} ({error.strerror}); choose another file"
            ) from error
        return rows

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows; they are with the operating system when this returns."""
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)


def read_rows(path: str | Path) -> Iterator[Row]:
    """The objects of a file of JSON lines, one in memory at a time; blank lines are skipped.

    Raises ``DatasetError`` that names the file and the line.
    """
    try:
        with Path(path).open("rb") as file:
            yield from _parse(file, path)
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file") from None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error


def _parse(lines: Iterable[bytes], path: str | Path) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DatasetError(
                f"{place}: not JSON ({error}); write one JSON object per line"
            ) from error
        if not isinstance(row, dict):
            raise DatasetError(f"{place}: expected a JSON object, got {type(row).__name__}")
        yield place, row
