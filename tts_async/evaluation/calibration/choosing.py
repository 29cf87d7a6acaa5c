"""From cases to the rows of a policy, without mistaking noise for knowledge.

For every budget one choice is best overall; of equals it is the cheapest, then the simplest. A
class of difficulty gets another one for two reasons only:

- *It is better, beyond noise*: chosen as the best on the other folds, it beats the overall choice
  on the held-out ones by more than two standard errors. The best of many options always looks
  better than it is, but not on problems that had no part in choosing it.
- *It is cheaper and loses nothing*: the same strategy with a smaller ``n`` loses at most a
  hundredth, one standard error included.
"""

from collections.abc import Sequence
from typing import Final

from tts_async.evaluation.calibration.cases import Case, accuracy, gains, mean_of, tokens
from tts_async.evaluation.calibration.folds import split_folds
from tts_async.strategies.compute_optimal import Choice, Difficulty, PolicyRow

NOISE: Final = 2.0
"""By so many standard errors a class's own choice has to be better: one in fifty is by chance."""

LOSS: Final = 0.01
"""So much accuracy a cheaper choice may lose, with one standard error on top."""

SIMPLEST_FIRST: Final = ("greedy", "majority", "best_of_n", "dvts", "beam_search")


def cut_classes(estimates: Sequence[float], classes: int) -> tuple[float, ...]:
    """Falling thresholds that cut estimates into equal parts; fewer where many are equal."""
    ranked = sorted(estimates, reverse=True)
    cuts = {ranked[len(ranked) * part // classes - 1] for part in range(1, classes)}
    return tuple(sorted(cuts - {ranked[-1]}, reverse=True))  # below the lowest there is nobody


def choose_rows(
    cases: Sequence[Case],
    options: Sequence[Choice],
    budgets: Sequence[int],
    difficulty: Difficulty,
    folds: int,
) -> tuple[PolicyRow, ...]:
    """What to do at each budget."""
    classes: list[list[Case]] = [[] for _ in range(difficulty.classes)]
    for case in cases:
        classes[difficulty.of(case.estimate) - 1].append(case)
    rows = []
    for budget in budgets:
        within = affordable(options, budget, difficulty.pilots)
        overall = _thriftier(cases, within, _best(cases, within))
        chosen = [_for_class(members, within, overall, folds) for members in classes]
        if budget <= difficulty.pilots:  # then nobody can tell the difficulty
            chosen = []
        rows.append(PolicyRow(budget=budget, overall=overall, by_difficulty=tuple(chosen)))
    return tuple(rows)


def affordable(options: Sequence[Choice], budget: int, pilots: int) -> list[Choice]:
    """What a budget allows: once pilots are drawn, nothing that is smaller than they are."""
    if budget <= pilots:
        return [option for option in options if option.n <= budget]
    return [
        option
        for option in options
        if pilots + option.is_tree_search <= option.n <= budget and option.strategy != "greedy"
    ]


def _for_class(
    cases: Sequence[Case], options: Sequence[Choice], overall: Choice, folds: int
) -> Choice:
    pays = _pays(cases, options, overall, folds)
    best = _best(cases, options) if pays else overall
    return _thriftier(cases, options, best)


def _pays(cases: Sequence[Case], options: Sequence[Choice], overall: Choice, folds: int) -> bool:
    """Whether to choose for these cases alone is better, on folds that had no part in choosing."""
    found: list[tuple[str, float]] = []
    for seen, held_out in split_folds(cases, folds):
        found += gains(held_out, _best(seen, options), overall)
    gain = mean_of(found)
    return gain.value > 0 and gain.value > NOISE * gain.stderr


def _best(cases: Sequence[Case], options: Sequence[Choice]) -> Choice:
    """The most accurate option; of equals the cheapest, then the simplest."""
    return max(options, key=lambda option: (accuracy(cases, option), *_thrift(cases, option)))


def _thriftier(cases: Sequence[Case], options: Sequence[Choice], best: Choice) -> Choice:
    """The same strategy with the smallest ``n`` that loses nothing; the best itself at worst."""
    for option in sorted(options, key=lambda option: option.n):
        if option.n < best.n and option == best.with_budget(option.n):
            lead = mean_of(gains(cases, option, best))
            if lead.value - lead.stderr >= -LOSS:
                return option
    return best


def _thrift(cases: Sequence[Case], option: Choice) -> tuple[float, ...]:
    """Larger for what is cheaper; of equal cost, for what is simpler."""
    rank = SIMPLEST_FIRST.index(option.strategy)
    return -tokens(cases, option), -rank, option.vote == "weighted", -(option.beam_width or 0)
