"""CSV and TSV files; the first line names the columns."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tts_async.errors import DatasetError
from tts_async.evaluation.datasets.bad_rows import BadRow, Rows

LONGEST: Final = 2**31 - 1
"""Characters of one value. Solutions of a whole search are longer than the csv module's 131,072."""


def read_table(path: Path, delimiter: str) -> Rows:
    """The rows of a file, each placed at the line where it begins: a value may have several."""
    csv.field_size_limit(max(LONGEST, csv.field_size_limit()))
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        header: list[str] = []
        for number, values in _numbered(reader, path):
            if not header:
                header = values
            elif values:
                yield f"line {number}", _row(header, values)


def _numbered(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of its first line."""
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DatasetError(
                f"{path}, line {number}: {error}; put values with commas, quotes or line ends in "
                'double quotes, and write " as "" in them'
            ) from error


def _row(header: list[str], values: list[str]) -> dict[str, Any] | BadRow:
    if len(values) != len(header):
        return BadRow(
            f"{len(values)} values for {len(header)} columns; "
            "put values that hold the delimiter in double quotes"
        )
    return {name: value or None for name, value in zip(header, values, strict=True)}
