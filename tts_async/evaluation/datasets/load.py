"""Load problems: find the reader for a source, make problems of its rows, account for the rest."""

import sys
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation.datasets.arithmetic import ARITHMETIC, draw_arithmetic
from tts_async.evaluation.datasets.bad_rows import BadRow, BadRows, Rows, SkippedRows
from tts_async.evaluation.datasets.columns import Columns
from tts_async.evaluation.datasets.identity import with_unique_ids
from tts_async.evaluation.datasets.json_file import read_json
from tts_async.evaluation.datasets.lines import read_lines
from tts_async.evaluation.datasets.parquet import read_parquet
from tts_async.evaluation.datasets.repository import REPOSITORY, read_repository
from tts_async.evaluation.datasets.table import read_table
from tts_async.evaluation.datasets.traits import level_of
from tts_async.types.problem import Problem

_READERS = {
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_json,
    ".csv": lambda path: read_table(path, ","),
    ".tsv": lambda path: read_table(path, "\t"),
    ".parquet": read_parquet,
}


def load_problems(
    source: str | Path,
    *,
    level: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    split: str | None = None,
    columns: Columns | None = None,
    skip_bad: bool = False,
) -> list[Problem]:
    """Problems with reference answers, from ``"arithmetic"``, a file, or the Hugging Face hub.

    A file is JSON lines (also under any unknown ending), JSON (an array of objects, or an object
    of columns), CSV or TSV with a header, or Parquet. A name such as ``HuggingFaceH4/MATH-500`` or
    ``openai/gsm8k:main@REVISION``, or a folder in that form, is loaded with the ``datasets``
    library; ``split`` is ``test`` unless told otherwise, or the only one there. ``columns`` says
    which columns hold problem and answer where they have other than the usual names; columns
    without a meaning become metadata. Parquet and the hub need the ``[datasets]`` extra.

    ``level`` keeps one level of difficulty, ``limit`` the first so many problems, and what comes
    behind them is not read. The built-in problems are drawn with ``seed``, 100 of them unless told
    otherwise, in equal numbers for each level and in turn, so that any first part is balanced too.

    Raises ``DatasetError``, for bad rows with the number of them and the lines or rows of the
    first few, and ``ConfigurationError``. With ``skip_bad`` bad rows are left out, and a
    ``SkippedRows`` warning says which.
    """
    if limit is not None and limit < 1:
        raise ConfigurationError(f"limit: must be at least 1, got {limit}")
    if str(source) == ARITHMETIC:
        if split is not None or columns is not None:
            field = "split" if split is not None else "columns (problem-column, answer-column)"
            raise ConfigurationError(f"{field}: the built-in problems have none; leave it out")
        return with_unique_ids(draw_arithmetic(level, limit, seed))
    bad = BadRows(str(source))
    good = _good(_open(source, split), columns or Columns(), bad)
    of_level = (problem for problem in good if level in (None, level_of(problem)))
    try:
        problems = with_unique_ids(islice(of_level, min(limit or sys.maxsize, sys.maxsize)))
    except OSError as error:
        raise DatasetError(f"{source}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        reason = f"{error.reason} at byte {error.start}"
        raise DatasetError(f"{source}: is not UTF-8 text ({reason}); save it as UTF-8") from error
    if bad.count and not (skip_bad and problems):
        fix = "correct them"
        if not skip_bad:
            fix += ", or leave them out with skip_bad (--skip-bad)"
        rows = "1 bad row" if bad.count == 1 else f"{bad.count} bad rows"
        raise DatasetError(f"{bad}\n{rows}; {fix}")
    if not problems:
        fix = "leave out the level" if level is not None else "write a row for each problem"
        found = f"no problem of level {level}" if level is not None else "no problems in it"
        raise DatasetError(f"{source}: {found}; {fix}")
    if bad.count:
        warnings.warn(SkippedRows(bad), stacklevel=2)
    return problems


def _open(source: str | Path, split: str | None) -> Rows:
    if not str(source).strip():
        raise ConfigurationError(f"dataset: no name; give a file, or the name {ARITHMETIC!r}")
    path = Path(source)
    reader = _READERS.get(path.suffix.lower())
    is_file = path.is_file() or (reader is not None and not path.is_dir())
    if not is_file and (path.is_dir() or REPOSITORY.fullmatch(str(source))):
        return read_repository(str(source), split)
    if not path.exists():
        raise DatasetError(
            f"{source}: no such file; give a JSONL, JSON, CSV or Parquet file, a data set of the "
            f"hub as owner/name, or the name {ARITHMETIC!r}"
        )
    if split is not None:
        raise ConfigurationError(f"split: {source} is one file and has no splits; leave it out")
    return (reader or read_lines)(path)


def _good(rows: Rows, columns: Columns, bad: BadRows) -> Iterator[Problem]:
    """The problems among the rows; the others go to ``bad``."""
    for place, row in rows:
        try:
            if isinstance(row, BadRow):
                raise row
            yield columns.read(row)
        except BadRow as reason:
            bad.add(place, str(reason))
