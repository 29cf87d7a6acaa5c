"""Problems with known answers: the built-in arithmetic, or a file of JSON lines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, Final

from tts_async.embedded.arithmetic import LEVELS, held_out
from tts_async.errors import ConfigurationError, DatasetError
from tts_async.types.problem import Problem

ARITHMETIC: Final = "arithmetic"
"""The name of the built-in held-out problems, on which the embedded models are measured."""

ARITHMETIC_COUNT: Final = 100
"""How many of them where no limit is given: there is no end to them."""


def load_problems(
    source: str | Path, *, level: int | None = None, limit: int | None = None, seed: int = 0
) -> list[Problem]:
    """Problems with reference answers from ``"arithmetic"`` or a JSONL file.

    ``level`` keeps one level of difficulty, ``limit`` the first so many problems (100 of the
    built-in ones unless told otherwise). The built-in problems are drawn with ``seed``, in equal
    numbers for each level and in turn, so that any first part of them is balanced too. A file has
    one JSON object per line with ``problem`` and ``answer``; ``unique_id`` or ``id`` names the
    problem, the other columns become metadata. Raises ``DatasetError`` and ``ConfigurationError``.
    """
    if limit is not None and limit < 1:
        raise ConfigurationError(f"limit: must be at least 1, got {limit}")
    if str(source) == ARITHMETIC:
        return _arithmetic(level, limit or ARITHMETIC_COUNT, seed)
    problems = [problem for problem in _read(Path(source)) if level in (None, level_of(problem))]
    if not problems:
        fix = "leave out the level" if level is not None else "write one JSON object per line"
        found = f"no problem of level {level}" if level is not None else "no problems in it"
        raise DatasetError(f"{source}: {found}; {fix}")
    return _with_unique_ids(problems[:limit])


def level_of(problem: Problem) -> int | None:
    """The difficulty of a problem where it has one: the number in its ``level`` column."""
    digits = "".join(filter(str.isdecimal, str(problem.metadata.get("level", ""))))
    return int(digits) if digits else None


def _arithmetic(level: int | None, limit: int, seed: int) -> list[Problem]:
    if level is not None and level not in LEVELS:
        raise ConfigurationError(f"level: arithmetic has levels 1 to {max(LEVELS)}, got {level}")
    levels = LEVELS if level is None else (level,)
    drawn = (held_out(each, -(-limit // len(levels)), seed) for each in levels)
    in_turn = (problem for row in zip_longest(*drawn) for problem in row if problem is not None)
    problems = (
        Problem(problem.text, answer=problem.answer, metadata={"level": problem.level})
        for problem in in_turn
    )
    return _with_unique_ids(islice(problems, limit))


def _read(path: Path) -> Iterator[Problem]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # U+2028 is no end of a line
    except FileNotFoundError:
        raise DatasetError(
            f"{path}: no such file; give a JSONL file or the name {ARITHMETIC!r}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _parse(line, f"{path}, line {number}")


def _parse(line: str, place: str) -> Problem:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{place}: not JSON ({error}); write one JSON object per line"
        ) from error
    if not isinstance(row, dict):
        raise DatasetError(
            f"{place}: expected a JSON object, got {type(row).__name__}; "
            "write one object per line, without an array around them"
        )
    text, answer = _column(row, "problem", place), _column(row, "answer", place)
    name = next((row[key] for key in ("unique_id", "id") if row.get(key) is not None), "")
    rest = {k: v for k, v in row.items() if k not in ("problem", "answer", "unique_id", "id")}
    return Problem(text, id=str(name), answer=answer, metadata=rest)


def _column(row: dict[str, Any], name: str, place: str) -> str:
    value = row.get(name)
    if name not in row:
        columns = ", ".join(map(repr, row)) or "none"
        raise DatasetError(f"{place}: no column {name!r} (it has {columns}); rename or add it")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DatasetError(
            f"{place}: {name!r} is {json.dumps(value)[:60]}; write it as a string or a number"
        )
    if not str(value).strip():
        raise DatasetError(f"{place}: {name!r} is empty; fill it in or remove the line")
    return str(value)


def _with_unique_ids(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, the second of an id called ``id#2`` and so on: seeds hang on ids."""
    seen: Counter[str] = Counter()
    unique, taken = [], set[str]()
    for problem in problems:
        name = problem.id
        while name in taken:
            seen[problem.id] += 1
            name = f"{problem.id}#{seen[problem.id] + 1}"
        taken.add(name)
        unique.append(problem if name == problem.id else replace(problem, id=name))
    return unique
