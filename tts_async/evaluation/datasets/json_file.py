"""A JSON file: an array of objects, an object of columns, or lines under the wrong name."""

import json
from pathlib import Path
from typing import Any

from tts_async.errors import DatasetError
from tts_async.evaluation.datasets.bad_rows import BadRow, Rows
from tts_async.evaluation.datasets.lines import parse_lines


def read_json(path: Path) -> Rows:
    """The rows of a file; raises ``DatasetError`` where it holds something else."""
    content = path.read_bytes()
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if _may_be_lines(content):
            yield from parse_lines(content.split(b"\n"))
            return
        raise DatasetError(f"{path}: not JSON ({error}); write an array of objects") from error
    for number, row in enumerate(_rows_in(data, path), 1):
        is_object = isinstance(row, dict)
        kind = type(row).__name__
        bad = BadRow(f"expected a JSON object, got {kind}; write an array of objects")
        yield f"row {number}", row if is_object else bad


def _may_be_lines(content: bytes) -> bool:
    first, _, rest = content.removeprefix(b"\xef\xbb\xbf").strip().partition(b"\n")
    return first.lstrip().startswith(b"{") and first.rstrip().endswith(b"}") and bool(rest)


def _rows_in(data: Any, path: Path) -> list[Any]:
    if isinstance(data, list):
        return data
    columns = data if isinstance(data, dict) else {}
    if columns and all(isinstance(column, list) for column in columns.values()):
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise DatasetError(f"{path}: columns of different lengths {lengths}; make them equal")
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, values, strict=True)) for values in rows]
    if columns:
        return [data]
    raise DatasetError(
        f"{path}: expected an array of objects or an object of columns, got "
        f"{type(data).__name__}; write one of these"
    )
