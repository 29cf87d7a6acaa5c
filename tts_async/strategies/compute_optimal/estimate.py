"""How easy a problem is for a model, in [0, 1], judged from a few of its answers.

Either way an unfinished answer counts against the problem: it has no score and agrees with nobody.
"""

from collections import Counter
from collections.abc import Sequence


def mean_score(scores: Sequence[float | None]) -> float:
    """The verifier's mean score, ``None`` (no score) as 0: its forecast of the share that is right.

    Snell et al. 2024, §3.2, call this model-predicted difficulty.
    """
    return sum(score or 0.0 for score in scores) / len(scores)


def agreement(groups: Sequence[int | None]) -> float:
    """The share of the most frequent answer; ``None`` is an answer that could not be found."""
    counts = Counter(group for group in groups if group is not None)
    return max(counts.values(), default=0) / len(groups)
