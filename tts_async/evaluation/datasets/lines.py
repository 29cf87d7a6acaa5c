"""JSON lines: one object per line."""

import json
from collections.abc import Iterable
from pathlib import Path

from tts_async.evaluation.datasets.bad_rows import BadRow, Rows


def read_lines(path: Path) -> Rows:
    """The rows of a file, line by line, so that a large one is never in memory as a whole."""
    with path.open("rb") as file:  # bytes: only \n ends a line, and each line is decoded by itself
        yield from parse_lines(file)


def parse_lines(lines: Iterable[bytes]) -> Rows:
    """The rows in some lines; blank ones are left out."""
    for number, line in enumerate(lines, 1):
        content = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if content.strip():
            try:
                yield f"line {number}", _parse(content)
            except BadRow as bad:
                yield f"line {number}", bad


def _parse(line: bytes) -> dict[str, object]:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRow(f"cannot be read as UTF-8 text ({error.reason}); save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadRow(f"not JSON ({error}); write one JSON object per line") from error
    if not isinstance(row, dict):
        raise BadRow(
            f"expected a JSON object, got {type(row).__name__}; "
            "write one object per line, without an array around them"
        )
    return row
