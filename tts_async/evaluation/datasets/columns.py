r"""From a row to a problem: which columns mean what, and which values are good.

Data sets agree on little. The usual names are tried where none is given, whatever their case, and
a reference answer may come at the end of a worked solution: after ``####`` (GSM8K) or in the last
``\boxed{…}`` (MATH).
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from tts_async.answers import extract_answer, has_final_answer
from tts_async.evaluation.datasets.bad_rows import BadRow
from tts_async.types.problem import Problem

USUAL_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "problem": ("problem", "question"),
    "answer": ("answer", "final_answer", "solution"),
    "id": ("unique_id", "id", "problem_id", "task_id"),
    "level": ("level",),
    "subject": ("subject", "type"),
}
"""The columns that are looked for, the first that a row has counts."""

_SOLUTION = "solution"  # of this one only the end is an answer
_AT_THE_END = re.compile(r"^####\s*(?P<answer>\S[^\n]*?)\s*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a data set's columns, exactly as written; ``None``: the usual ones are tried.

    ``problem``: problem, question. ``answer``: answer, final_answer, or the end of solution.
    ``id``: unique_id, id, problem_id, task_id. ``level``: level. ``subject``: subject, type. A row
    must have the first two, and those that are named here.
    """

    problem: str | None = None
    answer: str | None = None
    id: str | None = None
    level: str | None = None
    subject: str | None = None

    def read(self, row: Mapping[str, Any]) -> Problem:
        """The problem in a row; columns without a meaning become metadata.

        Raises ``BadRow``.
        """
        names = {field.name: self._find(field.name, row) for field in fields(self)}
        text, answer = names["problem"], names["answer"]
        if text is None or answer is None:
            raise _lacking("problem" if text is None else "answer", row)
        rest = {key: value for key, value in row.items() if key not in names.values()}
        traits = {
            trait: row[name]
            for trait in ("level", "subject")
            if (name := names[trait]) is not None and row[name] is not None
        }
        name = names["id"]
        return Problem(
            _text_of(row, text),
            id="" if name is None or row[name] is None else str(row[name]),
            answer=_reference_answer(_text_of(row, answer), answer),
            metadata={**rest, **traits},
        )

    def _find(self, meaning: str, row: Mapping[str, Any]) -> str | None:
        """The name of the row's column with this meaning."""
        given: str | None = getattr(self, meaning)
        if given is not None:
            if given not in row:
                raise _lacking(given, row)
            return given
        lower = {str(key).lower(): key for key in reversed(list(row))}
        present = [lower[name] for name in USUAL_NAMES[meaning] if name in lower]
        filled = [name for name in present if row[name] is not None]
        return next(iter(filled or present), None)


def _lacking(name: str, row: Mapping[str, Any]) -> BadRow:
    columns = ", ".join(map(repr, row)) or "none"
    return BadRow(
        f"no column {name!r} (it has {columns}); rename or add it, or say which column it is "
        "(--problem-column, --answer-column)"
    )


def _text_of(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if isinstance(value, list) and len(value) == 1:  # answers come in lists where some have two
        value = value[0]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(value, float) and math.isnan(value):
        value = None  # a gap in a table
    if value is None or not (isinstance(value, str) or is_number):
        written = json.dumps(value, default=str)[:60]
        raise BadRow(f"{name!r} is {written}; write it as a string or a number")
    text = str(value)
    if not text.strip():
        raise BadRow(f"{name!r} is empty; fill it in or remove the row")
    return text


def _reference_answer(text: str, column: str) -> str:
    """The answer itself, where the text is a worked solution that ends with it."""
    if at_the_end := _AT_THE_END.search(text):
        return at_the_end["answer"]
    if has_final_answer(text) and (boxed := extract_answer(text)):
        return boxed
    if column.lower() == _SOLUTION:
        raise BadRow(
            rf"{column!r} has no \boxed{{…}} and no #### at its end; add a column 'answer'"
        )
    return text
