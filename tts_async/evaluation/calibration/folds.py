"""Parts of a set of cases for cross-validation."""

from collections.abc import Iterator, Sequence

from tts_async.evaluation.calibration.cases import Case
from tts_async.seeds import derive_seed


def split_folds(cases: Sequence[Case], folds: int) -> Iterator[tuple[list[Case], list[Case]]]:
    """For each fold in turn, the cases outside of it and those in it.

    All seeds of a problem are in one fold: who has seen a problem has seen it for every seed. The
    assignment follows from the problems' ids alone. Nothing where there are too few problems.
    """
    problems = sorted({case.problem for case in cases}, key=lambda id_: derive_seed(0, id_))
    if len(problems) < folds:
        return
    fold_of = {problem: place % folds for place, problem in enumerate(problems)}
    for fold in range(folds):
        outside = [case for case in cases if fold_of[case.problem] != fold]
        inside = [case for case in cases if fold_of[case.problem] == fold]
        yield outside, inside
