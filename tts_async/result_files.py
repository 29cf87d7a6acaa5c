"""Results in files: one per line, one alone, or a list of them, as anybody may have edited them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, NoReturn

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.types.result import Result

HINT: Final = "give a journal, or results with their trees: solve --json --tree prints them"

Placed = tuple[str, Result]
"""Where a result stands, ``"FILE, line 7"``, and the result."""


def read_result_file(path: str | Path) -> Iterator[Placed]:
    """The results in a file; see ``parse_results``."""
    try:
        with Path(path).open("rb") as file:
            yield from parse_results(file, str(path))
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such file") from None
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror})") from error


def parse_results(lines: Iterable[bytes], name: str) -> Iterator[Placed]:
    """What ``Result.to_dict`` gave, trees included; ``name`` is that of the file.

    With one result on each line, one is in memory at a time. Raises ``DatasetError`` that names
    file, line and field.
    """
    place = None
    for place, row in _rows(lines, name):
        yield place, _as_result(row, place)
    if place is None:
        raise DatasetError(f"{name}: holds no results; {HINT}")


def _rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, Any]]:
    """The results as plain data: of every line, or of a document over all of them."""
    numbered = enumerate(lines, 1)
    start, first = next((pair for pair in numbered if pair[1].strip()), (1, b"[]"))
    if first.lstrip().startswith(b"[") or not _is_json(first):
        above = b"\n" * (start - 1)  # so that errors name the right line
        document = _parse(above + first + b"".join(line for _, line in numbered), name)
        if isinstance(document, list):
            yield from ((f"{name}, result {n}", row) for n, row in enumerate(document, 1))
        else:
            yield name, document
        return
    for number, line in chain([(start, first)], numbered):
        if line.strip():
            place = f"{name}, line {number}"
            yield place, _parse(line, place)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parse(content: bytes, place: str) -> Any:
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{place}: not JSON ({error}); {HINT}") from error


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _as_result(row: Any, place: str) -> Result:
    if not isinstance(row, Mapping):
        raise DatasetError(f"{place}: expected a JSON object, got {type(row).__name__}; {HINT}")
    if "rows" in row:
        raise DatasetError(f"{place}: the figures of an evaluation; give the folder it is in")
    if "tree" not in row:
        raise DatasetError(f"{place}: no result with its tree; {HINT}")
    try:
        return Result.from_dict(row)
    except ConfigurationError as error:
        raise DatasetError(f"{place}: not a {error}; {HINT}") from error
