"""Log-probabilities that a server claims, checked."""

from collections.abc import Sequence
from math import inf
from typing import Any

from tts_async.errors import MalformedResponse

ROUNDING = 1e-6  # a probability of one, as some servers compute it, is a little more than one


def check_logprobs(values: Sequence[Any] | None, count: int) -> tuple[float, ...]:
    """One natural logarithm of a probability for each of ``count`` sampled tokens.

    Raises ``MalformedResponse`` for any other number of them, NaN, infinity and positive values.
    """
    if values is None:
        raise MalformedResponse(
            "no log-probabilities in the answer; if the server has none, ask without logprobs"
        )
    if len(values) != count:
        raise MalformedResponse(f"{len(values)} log-probabilities for {count} tokens")
    for value in values:
        # NaN fails every comparison.
        if type(value) not in {int, float} or not -inf < value <= ROUNDING:
            raise MalformedResponse(f"{value!r} is not the logarithm of a probability")
    return tuple(min(float(value), 0.0) for value in values)
