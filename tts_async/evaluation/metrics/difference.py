"""How much better one strategy is than another on the same problems.

Easy problems are easy for both, so the difference per problem varies much less than either
accuracy, and two intervals that overlap may still belong to a clear difference. The interval is
that of Agresti and Min 2005, "Simple improved confidence intervals for comparing matched
proportions": the usual one after adding two problems, half of one won and half of one lost. Here
the difference of a problem may be a fraction, because each strategy has its mean over seeds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from tts_async.evaluation.metrics.accuracy import CONFIDENCE_LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The mean difference in accuracy over ``problems``, and its interval, all in [-1, 1]."""

    problems: int
    value: float
    low: float
    high: float


def paired_difference(
    differences: Iterable[float], *, level: float = CONFIDENCE_LEVEL
) -> Difference:
    """From the differences per problem, each in [-1, 1]; no problems say nothing at all."""
    values = list(differences)
    size = len(values) + 2
    total = math.fsum(values)
    z = NormalDist().inv_cdf((1 + level) / 2)
    squares = math.fsum(value * value for value in values) + 1
    reach = z * math.sqrt(max(0.0, squares - total * total / size)) / size
    return Difference(
        problems=len(values),
        value=total / len(values) if values else 0.0,
        low=max(-1.0, total / size - reach) if values else -1.0,
        high=min(1.0, total / size + reach) if values else 1.0,
    )
