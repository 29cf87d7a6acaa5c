"""How the step scores of one path become one number."""

import math
from collections.abc import Callable, Sequence
from typing import Final, get_args

from tts_async.errors import ConfigurationError
from tts_async.types.verification import Aggregation

_REDUCTIONS: Final[dict[Aggregation, Callable[[Sequence[float]], float]]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "prod": math.prod,
    "mean": lambda scores: math.fsum(scores) / len(scores),
}


def aggregate(scores: Sequence[float], how: Aggregation) -> float:
    """One score in [0, 1] for a path of at least one scored step.

    ``last`` suits verifiers whose score means "still on track"; ``prod`` and ``min`` suit those
    that judge every step by itself.
    """
    return _REDUCTIONS[how](scores)


def check_aggregation(how: str) -> Aggregation:
    """The name itself, or ``ConfigurationError`` with the names there are."""
    for name in get_args(Aggregation):
        if name == how:
            return name  # type: ignore[no-any-return]
    choices = ", ".join(get_args(Aggregation))
    raise ConfigurationError(f"aggregation: unknown {how!r}; choose one of {choices}")
