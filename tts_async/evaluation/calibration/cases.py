"""What a calibration looks at: problems, how easy they looked, and how every option did on them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tts_async.evaluation.metrics import clustered_variance
from tts_async.strategies.compute_optimal import Choice


@dataclass(frozen=True, slots=True)
class Trial:
    """One search: whether it was right, and its generated tokens."""

    correct: bool
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One problem with one seed, and what became of it with each option.

    ``estimate`` of how easy it is, from the pilots; ``pass_at_1``, the share of its samples that
    are right, which only an oracle knows. Both in [0, 1].
    """

    problem: str
    seed: int
    estimate: float
    pass_at_1: float
    trials: Mapping[Choice, Trial]


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean and its standard error."""

    value: float
    stderr: float


def mean_of(values: Iterable[tuple[str, float]]) -> Mean:
    """The mean of values that each belong to a problem.

    Seeds of one problem are not independent, so the standard error has a cluster per problem. A
    single problem tells nothing about others: its standard error is infinite.
    """
    by_problem: defaultdict[str, list[float]] = defaultdict(list)
    for problem, value in values:
        by_problem[problem].append(value)
    clusters = [(sum(own), len(own)) for own in by_problem.values()]
    mean = sum(total for total, _ in clusters) / max(1, sum(count for _, count in clusters))
    if len(clusters) < 2:  # noqa: PLR2004 - a spread takes two
        return Mean(mean, math.inf)
    few = len(clusters) / (len(clusters) - 1)  # they are nearer to their own mean than to the true
    return Mean(mean, math.sqrt(few * clustered_variance(clusters)))


def accuracy(cases: Sequence[Case], choice: Choice) -> float:
    """The share of cases that a choice got right; 0 without any."""
    return sum(case.trials[choice].correct for case in cases) / max(1, len(cases))


def tokens(cases: Sequence[Case], choice: Choice) -> float:
    """Mean tokens of a search; 0 without any."""
    return sum(case.trials[choice].tokens for case in cases) / max(1, len(cases))


def gains(cases: Iterable[Case], choice: Choice, over: Choice) -> list[tuple[str, float]]:
    """For each case its problem, and by how much a choice was more right than another: 1, 0, -1."""
    return [
        (case.problem, float(case.trials[choice].correct) - case.trials[over].correct)
        for case in cases
    ]
