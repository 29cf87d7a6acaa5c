"""A result from the JSON that ``solve --json --tree`` prints, which anybody may have edited."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import msgspec

from tts_async.errors import ConfigurationError
from tts_async.types.budget import Spend
from tts_async.types.generation import Finish
from tts_async.types.problem import Problem
from tts_async.types.result import AnswerVotes, Candidate, Result, StopReason

FROM_STDIN: Final = "-"

_Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Node(msgspec.Struct):
    path: Annotated[tuple[_Count, ...], msgspec.Meta(min_length=1)]
    text: str
    finish: Finish
    tokens: _Count
    token_ids: tuple[int, ...]
    step_scores: tuple[_Score, ...] | None
    score: _Score | None
    logprobs: tuple[float, ...] | None = None


class _Result(msgspec.Struct):
    problem: Problem
    answer: str | None
    text: str
    confidence: float
    stop_reason: StopReason
    strategy: str
    n: int | None
    seed: int
    candidates: tuple[Candidate, ...]
    votes: tuple[AnswerVotes, ...]
    spend: Spend
    tree: tuple[_Node, ...]
    error: str | None = None


def read_result_file(source: str) -> Result:
    """The result in a file, or on stdin for ``-``; raises ``ConfigurationError``."""
    name = "stdin" if source == FROM_STDIN else source
    data = _parse(_read(source), name)
    if isinstance(data, Mapping) and "rows" in data:
        _reject(name, "holds the figures of an evaluation; give the folder it is in")
    if isinstance(data, Mapping) and "answer" in data and "tree" not in data:
        _reject(name, "has no tree; print it with solve --json --tree")
    try:
        msgspec.convert(data, _Result)
        return Result.from_dict(data)
    except msgspec.ValidationError as error:
        _reject(name, f"is not what solve --json --tree prints: {error}")
    except KeyError as error:
        _reject(name, f"is not what solve --json --tree prints: no node at {error} to stand below")


def _read(source: str) -> bytes:
    if source == FROM_STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"result: cannot read {source} ({error.strerror})") from error


def _parse(content: bytes, name: str) -> Any:
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        _reject(name, f"is not JSON: {error}")


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _reject(name: str, complaint: str) -> NoReturn:
    raise ConfigurationError(f"result: {name} {complaint}") from None
