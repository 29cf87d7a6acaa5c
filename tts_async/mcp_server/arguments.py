"""What a client may ask of the tools; wrong and unknown fields are refused by name."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from tts_async.errors import ConfigurationError

MOST_CHARACTERS: Final = 200_000
MOST_STRATEGIES: Final = 8
_LARGEST_SEED: Final = 2**31 - 1

Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="The whole problem in one text, with all that is needed to solve it.",
    ),
]
Candidates = Annotated[
    int,
    Meta(
        ge=1,
        description="How many candidate answers to search over: more cost more and are more often "
        "right. By default the strategy's own number, mostly 16.",
    ),
]
Seconds = Annotated[
    float,
    Meta(gt=0, description="Time for a search; then the best answer so far counts."),
]
Tokens = Annotated[
    int,
    Meta(ge=1, description="Tokens a search may generate; then the best answer so far counts."),
]
Seed = Annotated[
    int,
    Meta(
        ge=0,
        le=_LARGEST_SEED,
        description="The same seed gives the same search. By default a new one, which is reported.",
    ),
]
Name = Annotated[
    str, Meta(max_length=100, description="How to search. By default the server's own choice.")
]
Names = Annotated[
    list[Annotated[str, Meta(max_length=100)]],
    Meta(
        min_length=1,
        max_length=MOST_STRATEGIES,
        description="What to compare. By default everything that this server can do.",
    ),
]


class SearchArguments(Struct, forbid_unknown_fields=True, kw_only=True):
    """What both tools are told about a search."""

    problem: Text
    n: Candidates | None = None
    seconds: Seconds | None = None
    tokens: Tokens | None = None
    seed: Seed | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not math.isfinite(self.seconds):
            raise ValueError("seconds: must be a finite number")


class SolveArguments(SearchArguments, kw_only=True):
    """Of the tool ``solve``."""

    strategy: Name | None = None


class CompareArguments(SearchArguments, kw_only=True):
    """Of the tool ``compare_strategies``."""

    strategies: Names | None = None


A = TypeVar("A", bound=SearchArguments)

_PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>[^`]*)`")


def read_arguments(kind: type[A], given: Mapping[str, Any] | None) -> A:
    """Numbers may come as texts, as some clients send them. Raises ``ConfigurationError``."""
    try:
        return msgspec.convert(dict(given or {}), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error), kind)) from None


def _explain(message: str, kind: type[Struct]) -> str:
    """From ``Expected `int` >= 1 - at `$.n``` to a message that begins with the field."""
    named = _NAMED.match(message)
    if named and named["what"] == "missing required":
        return f"{named['field']}: it is missing"
    if named:
        return f"{named['field']}: unknown; choose from {', '.join(kind.__struct_fields__)}"
    place = _PLACE.search(message)
    if place is None:
        return message
    what = message[: place.start()]
    return f"{place['path']}: {what[:1].lower()}{what[1:]}"
