"""pass@k: the chance that k answers hold a right one.

The unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on Code": of n
answers of which c are right, the share of all subsets of k that hold a right one.
"""

from collections.abc import Iterable, Sequence
from math import comb, fsum

from tts_async.errors import ConfigurationError


def pass_at_k(n: int, correct: int, k: int) -> float:
    """For one problem with ``correct`` right ones among ``n`` answers, and ``1 <= k <= n``.

    Raises ``ConfigurationError`` for other numbers.
    """
    if not 1 <= k <= n:
        raise ConfigurationError(f"k: must be from 1 to the {n} answers there are, got {k}")
    if not 0 <= correct <= n:
        raise ConfigurationError(f"correct: must be from 0 to the {n} answers, got {correct}")
    return 1 - comb(n - correct, k) / comb(n, k)


def mean_pass_at_k(problems: Iterable[Sequence[tuple[int, int]]], k: int) -> float:
    """The average over problems of the average over each one's runs, as ``(n, correct)``.

    A run with fewer than ``k`` answers counts with all that it has, one without any as failed.
    """
    shares = [
        fsum(pass_at_k(n, correct, min(k, n)) if n else 0.0 for n, correct in runs) / len(runs)
        for runs in problems
        if runs
    ]
    return fsum(shares) / len(shares) if shares else 0.0  # in whatever order problems finish
