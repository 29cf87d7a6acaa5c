"""Accuracy over problems and seeds, with an interval that knows which of the two is the sample.

A problem that is run with five seeds is not five problems: its outcomes resemble each other, and
an interval that counts them as independent is too narrow. The problems are the sample, the seeds
are repetitions within each. The standard error is the cluster-robust one, with a cluster per
problem. The interval is Wilson's (1927), at the size of an independent sample that would be as
informative: the number of outcomes divided by the design effect (Franco, Little, Louis, Slud 2019,
"Comparative Study of Confidence Intervals for Proportions in Complex Sample Surveys"). With one
seed that is Wilson's interval itself.

Where all outcomes are the same, there is nothing to estimate a design effect from. Two imaginary
problems, one always right and one never, settle it: a sample without a single failure counts
as so many problems, not as so many outcomes; and with every real failure they matter less.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from tts_async.evaluation.metrics.clusters import clustered_variance

CONFIDENCE_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Trials:
    """One problem: how many of its outcomes are right."""

    correct: int
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Right outcomes among all of them; ``value``, ``stderr`` and the interval in [0, 1].

    Without an outcome the value is 0 and the interval is everything.
    """

    problems: int
    runs: int
    correct: int
    value: float
    stderr: float
    low: float
    high: float


def accuracy_of(problems: Iterable[Trials], *, level: float = CONFIDENCE_LEVEL) -> Accuracy:
    """The accuracy over problems, each with as many outcomes as it has; see above for the method.

    ``level``: how often intervals made this way hold the truth, in (0, 1).
    """
    samples = [trials for trials in problems if trials.runs]
    runs = sum(trials.runs for trials in samples)
    correct = sum(trials.correct for trials in samples)
    size = _effective_size(samples) if samples else 0.0
    low, high = wilson_interval(correct / runs if runs else 0.0, size, level=level)
    return Accuracy(
        problems=len(samples),
        runs=runs,
        correct=correct,
        value=correct / runs if runs else 0.0,
        stderr=math.sqrt(clustered_variance(_clusters(samples))) if samples else 0.0,
        low=low,
        high=high,
    )


def wilson_interval(
    share: float, size: float, *, level: float = CONFIDENCE_LEVEL
) -> tuple[float, float]:
    """Wilson's interval for a ``share`` in a sample of ``size``, which need not be whole."""
    if not size:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z * z / (2 * size)) / (1 + z * z / size)
    reach = z / (1 + z * z / size)
    reach *= math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    # The bounds touch 0 and 1 exactly where the share does; rounding must not push them past it.
    return max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach))


def _clusters(samples: Iterable[Trials]) -> list[tuple[float, float]]:
    return [(trials.correct, trials.runs) for trials in samples]


def _effective_size(samples: list[Trials]) -> float:
    """How many independent outcomes would say as much: at least one per problem, at most all."""
    runs = sum(trials.runs for trials in samples)
    each = runs / len(samples)
    share = (each + sum(trials.correct for trials in samples)) / (2 * each + runs)
    imaginary = [(each, each), (0.0, each)]
    clustered = clustered_variance([*_clusters(samples), *imaginary])
    design_effect = clustered / (share * (1 - share) / (2 * each + runs))
    return runs / min(max(design_effect, 1.0), each)
