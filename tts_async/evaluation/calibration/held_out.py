"""How policies do on problems that had no part in them.

Every case is judged by a policy made of the other folds: thresholds, overall choices and choices by
class.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tts_async.evaluation.calibration.cases import Case, Trial
from tts_async.evaluation.calibration.choosing import choose_rows, cut_classes
from tts_async.evaluation.calibration.folds import split_folds
from tts_async.evaluation.metrics import Accuracy, Trials, accuracy_of
from tts_async.strategies.compute_optimal import Choice, Difficulty


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case at one budget, and what became of it.

    ``overall``: what the choice for all problems alike would have made of it.
    """

    case: Case
    budget: int
    trial: Trial
    overall: Trial


def judge(
    cases: Sequence[Case],
    options: Sequence[Choice],
    budgets: Sequence[int],
    difficulty: Difficulty,
    *,
    folds: int,
    classes: int,
) -> list[Judged]:
    """Every case at every budget, by a policy that has not seen its problem."""
    judged = []
    for seen, held_out in split_folds(cases, folds):
        cuts = cut_classes([case.estimate for case in seen], classes)
        local = replace(difficulty, thresholds=cuts)
        for row in choose_rows(seen, options, budgets, local, folds):
            for case in held_out:
                place = local.of(case.estimate) - 1
                choice = row.by_difficulty[place] if row.by_difficulty else row.overall
                judged.append(
                    Judged(
                        case=case,
                        budget=row.budget,
                        trial=case.trials[choice],
                        overall=case.trials[row.overall],
                    )
                )
    return judged


def accuracy_over(judged: Iterable[Judged], trial: Callable[[Judged], Trial]) -> Accuracy:
    """With an interval that takes problems, not cases, for the sample."""
    by_problem: defaultdict[str, list[bool]] = defaultdict(list)
    for each in judged:
        by_problem[each.case.problem].append(trial(each).correct)
    return accuracy_of(Trials(sum(right), len(right)) for right in by_problem.values())
