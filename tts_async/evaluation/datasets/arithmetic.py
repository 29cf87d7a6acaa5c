"""The built-in arithmetic, on which the embedded models are measured."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Final

from tts_async.embedded.arithmetic import LEVELS, held_out
from tts_async.errors import ConfigurationError
from tts_async.types.problem import Problem

ARITHMETIC: Final = "arithmetic"
"""The name of the built-in held-out problems."""

ARITHMETIC_COUNT: Final = 100
"""How many of them where no limit is given: there is no end to them."""

_MOST: Final = 100_000
"""In one draw, which takes a minute or two."""


def draw_arithmetic(level: int | None, limit: int | None, seed: int) -> Iterator[Problem]:
    """Drawn with ``seed``, all levels in equal numbers and in turn, or one of them."""
    if level is not None and level not in LEVELS:
        raise ConfigurationError(f"level: arithmetic has levels 1 to {max(LEVELS)}, got {level}")
    limit = limit or ARITHMETIC_COUNT
    if limit > _MOST:
        raise ConfigurationError(f"limit: arithmetic gives up to {_MOST:,} problems, got {limit}")
    levels = LEVELS if level is None else (level,)
    drawn = (held_out(each, -(-limit // len(levels)), seed) for each in levels)
    in_turn = (problem for row in zip_longest(*drawn) for problem in row if problem is not None)
    return (
        Problem(problem.text, answer=problem.answer, metadata={"level": problem.level})
        for problem in islice(in_turn, limit)
    )
