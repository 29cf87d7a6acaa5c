"""What a ``results.json`` says, checked and typed: all that pictures and reports know of a run.

The schema is that of ``tts_async.evaluation.report``. What is not drawn is not read, so a file may
say more than this.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from tts_async.errors import ConfigurationError

SCHEMA: Final = 2
RESULTS: Final = "results.json"

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class GroupScore(msgspec.Struct, frozen=True):
    """The problems of one level or subject; ``low`` and ``high`` bound the accuracy."""

    accuracy: Share
    low: Share
    high: Share
    problems: Count


class SeedScore(msgspec.Struct, frozen=True):
    """All problems once, with one seed."""

    seed: int
    accuracy: Share
    correct: Count
    problems: Count
    seconds: Amount = 0.0


class Against(msgspec.Struct, frozen=True):
    """The difference in accuracy ``to`` another row, paired over problems, in [-1, 1]."""

    to: str
    value: float
    low: float
    high: float


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy with one way of selecting and one ``n``; greedy decoding needs no ``n``."""

    strategy: str
    label: str = ""
    select: str | None = None
    n: Annotated[int, msgspec.Meta(ge=1)] | None = None
    settings: str = ""
    complete: bool = True
    runs: Count
    problems: Count
    correct: Count
    errors: Count = 0
    accuracy: Share
    low: Share
    high: Share
    difference: Against | None = None
    pass_at_k: dict[str, Share] = {}
    seeds: list[SeedScore] = []
    tokens: Count
    tokens_per_problem: Amount
    replayed_tokens: Count = 0
    expansions: Count
    verifier_calls: Count
    seconds: Amount
    by_level: dict[str, GroupScore] = {}
    by_subject: dict[str, GroupScore] = {}


class Span(msgspec.Struct, frozen=True):
    """When a row ran, in seconds from the start."""

    label: str
    start_s: Amount
    end_s: Amount


class Occupancy(msgspec.Struct, frozen=True):
    """The share of each lane in use, per interval of ``interval_s`` seconds."""

    interval_s: Annotated[float, msgspec.Meta(gt=0)]
    generation: list[Share] = []
    verification: list[Share] = []
    rows: list[Span] = []


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """An evaluation: the circumstances and a row per strategy, selection and ``n``."""

    dataset: str
    rows: list[ResultRow]
    problems: Count
    seeds: list[int] = []
    version: str = ""
    created: str = ""
    interrupted: bool = False
    level: int | None = None
    limit: int | None = None
    generator: str | None = None
    verifier: str | None = None
    options: dict[str, Any] = {}
    command: str | list[str] | None = None
    confidence_level: Share = 0.95
    occupancy: Occupancy | None = None


def load_results(path: str | Path) -> tuple[Path, Results]:
    """The file that ``path`` is, or that the folder ``path`` has, and what it says.

    Raises ``ConfigurationError`` when there is none or it cannot be read.
    """
    file = Path(path) / RESULTS if Path(path).is_dir() else Path(path)
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: no such file; give the folder of an evaluation or its {RESULTS}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: cannot be read as JSON ({error})") from error
    return file, parse_results(data, source=str(file))


def parse_results(data: Any, *, source: str = RESULTS) -> Results:
    """The same of plain data, such as ``Report.to_dict()``; ``source`` names it in errors.

    Texts lose line ends and whatever else cannot be printed, so that no name can break a table or
    a picture. Raises ``ConfigurationError`` for another schema and for a field that is missing or
    out of range.
    """
    if not isinstance(data, Mapping):
        raise ConfigurationError(f"{source}: expected a JSON object, got {type(data).__name__}")
    if data.get("schema") != SCHEMA:
        raise ConfigurationError(
            f"{source}: schema {data.get('schema')!r}, and only {SCHEMA} is understood; "
            "run the evaluation again with this version"
        )
    try:
        return msgspec.convert(printable(data), Results)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{source}: {error}; is it a {RESULTS}?") from error


def printable(data: Any) -> Any:
    """The data with every text in it on one line and without what cannot be printed."""
    if isinstance(data, str):
        line = " ".join(data.split())
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    if isinstance(data, Mapping):
        return {printable(key): printable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [printable(value) for value in data]
    return data
