"""How well step scores tell right steps from wrong ones.

One list of scores and one of labels per solution, first step first. What a label says about the
steps *after* the first error depends on the school: cumulative labels call them all wrong, local
ones judge each by itself, ProcessBench says nothing about them. So the metrics here look at the
steps up to and including the first error, where all three agree.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from tts_async.errors import ConfigurationError

NO_ERROR = -1
"""The place of the first error in a solution that has none, as in ProcessBench."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepMetrics:
    """The figures of one verifier on one set of labelled solutions, all in [0, 1].

    ``accuracy`` is the share of ``steps`` on whose side of ``threshold`` the score is, ``auc`` the
    probability that a right step scores above a wrong one. ``error_accuracy`` is the share of the
    ``erroneous`` solutions in which exactly the first wrong step was found, ``correct_accuracy``
    the share of the other solutions in which none was; ``f1`` is their harmonic mean. ``None``
    stands for what such a set cannot tell: without a wrong step, or without a right one.
    """

    solutions: int
    erroneous: int
    steps: int
    threshold: float
    accuracy: float
    auc: float | None
    error_accuracy: float | None
    correct_accuracy: float | None
    f1: float | None

    def to_dict(self) -> dict[str, float | None]:
        """As plain data."""
        return asdict(self)


def first_error(labels: Sequence[bool]) -> int:
    """Index of the first wrong step, -1 where there is none."""
    return next((i for i, right in enumerate(labels) if not right), NO_ERROR)


def first_suspect(scores: Sequence[float], threshold: float) -> int:
    """Index of the first step that scores below the threshold, -1 where there is none."""
    return first_error([score >= threshold for score in scores])


def measure_steps(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool]], *, threshold: float = 0.5
) -> StepMetrics:
    """All figures at one threshold; the labels of a solution may end with its first error.

    The first-error F1 is that of ProcessBench (Zheng et al. 2024, "ProcessBench: Identifying
    Process Errors in Mathematical Reasoning", section 3). Raises ``ConfigurationError`` when there
    is nothing to measure on.
    """
    judged = [
        pair
        for row, truth in zip(scores, labels, strict=True)
        for pair in zip(row, _up_to_the_first_error(truth), strict=False)
    ]
    if not judged:
        raise ConfigurationError("labels: no step is labelled; give at least one solution")
    hits = [(score >= threshold) == right for score, right in judged]
    error_accuracy, correct_accuracy = _locate_errors(scores, labels, threshold)
    return StepMetrics(
        solutions=len(labels),
        erroneous=sum(first_error(truth) != NO_ERROR for truth in labels),
        steps=len(judged),
        threshold=threshold,
        accuracy=sum(hits) / len(hits),
        auc=area_under_curve([score for score, _ in judged], [right for _, right in judged]),
        error_accuracy=error_accuracy,
        correct_accuracy=correct_accuracy,
        f1=_harmonic_mean(error_accuracy, correct_accuracy),
    )


def best_threshold(scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool]]) -> float:
    """The threshold with the highest first-error F1; the lowest of them if there are several.

    Choose it on other solutions than those that are measured with it. Raises
    ``ConfigurationError`` for a set that lacks erroneous or correct solutions.
    """
    candidates = sorted({score for row in scores for score in row})
    figures = {}
    # A threshold matters by the scores that it parts, so a few hundred of them are enough.
    for threshold in candidates[:: max(1, len(candidates) // 200)]:
        f1 = _harmonic_mean(*_locate_errors(scores, labels, threshold))
        if f1 is None:
            raise ConfigurationError(
                "labels: to choose a threshold takes solutions with an error and ones without"
            )
        figures[threshold] = f1
    return max(figures, key=lambda threshold: figures[threshold])


def area_under_curve(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """The probability that a right step scores above a wrong one, ties counting half.

    ``None`` unless there are steps of both kinds.
    """
    right = sum(labels)
    wrong = len(labels) - right
    if not right or not wrong:
        return None
    below, wins = 0, 0.0  # wrong steps seen so far, and pairs won against them
    ranked = sorted(zip(scores, labels, strict=True))
    for _, ties in groupby(ranked, key=lambda pair: pair[0]):
        kinds = [label for _, label in ties]
        rights, wrongs = sum(kinds), len(kinds) - sum(kinds)
        wins += rights * (below + wrongs / 2)
        below += wrongs
    return wins / (right * wrong)


def _locate_errors(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool]], threshold: float
) -> tuple[float | None, float | None]:
    """How often the first error is found where there is one, and none where there is none."""
    erroneous: list[bool] = []
    correct: list[bool] = []
    for row, truth in zip(scores, labels, strict=True):
        place = first_error(truth)
        kind = correct if place == NO_ERROR else erroneous
        kind.append(first_suspect(row, threshold) == place)
    return _mean(erroneous), _mean(correct)


def _up_to_the_first_error(labels: Sequence[bool]) -> Sequence[bool]:
    place = first_error(labels)
    return labels if place == NO_ERROR else labels[: place + 1]


def _mean(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _harmonic_mean(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return None
    return 2 * a * b / (a + b) if a + b else 0.0
