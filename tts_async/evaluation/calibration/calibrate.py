"""From cases to a policy and what it is worth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tts_async.errors import ConfigurationError
from tts_async.evaluation.calibration.cases import Case
from tts_async.evaluation.calibration.choosing import choose_rows, cut_classes
from tts_async.evaluation.calibration.held_out import Judged, accuracy_over, judge
from tts_async.evaluation.calibration.worth import BudgetReport, report_on
from tts_async.strategies.compute_optimal import (
    Choice,
    Difficulty,
    HeldOut,
    Measure,
    Policy,
    PolicyRow,
    Provenance,
)

CLASSES = 5
"""Quintiles, as in the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A policy made of all cases, and held-out figures of policies made the same way."""

    policy: Policy
    budgets: Sequence[BudgetReport]
    problems: int
    cases: int

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        data = asdict(self)
        data["policy"] = self.policy.to_dict()
        for budget in data["budgets"]:
            for single in budget["singles"]:
                single["choice"] = str(Choice(**single["choice"]))
        return data


def calibrate(
    cases: Sequence[Case],
    options: Sequence[Choice],
    *,
    provenance: Provenance,
    measure: Measure = "score",
    pilots: int = 4,
    folds: int = 5,
    classes: int = CLASSES,
) -> Calibration:
    """The policy that suits these cases, and how such policies do on problems they have not seen.

    Every one of ``options`` has a trial in every case. Raises ``ConfigurationError`` when there is
    too little to learn from.
    """
    problems = len({case.problem for case in cases})
    _check(len(options), problems, folds, classes)
    cases = sorted(cases, key=lambda case: (case.problem, case.seed))
    budgets = sorted({option.n for option in options})
    estimates = [case.estimate for case in cases]
    difficulty = Difficulty(
        measure=measure, pilots=pilots, thresholds=cut_classes(estimates, classes)
    )
    judged = judge(cases, options, budgets, difficulty, folds=folds, classes=classes)
    told = [replace(case, estimate=case.pass_at_1) for case in cases]
    by_oracle = judge(told, options, budgets, difficulty, folds=folds, classes=classes)
    rows = choose_rows(cases, options, budgets, difficulty, folds)
    policy = Policy(
        provenance=replace(
            provenance,
            problems=problems,
            seeds=tuple(sorted({case.seed for case in cases})),
            folds=folds,
        ),
        difficulty=difficulty,
        rows=tuple(_with_figures(row, judged, difficulty) for row in rows),
    )
    reports = [
        report_on(
            budget,
            [each for each in judged if each.budget == budget],
            [each for each in by_oracle if each.budget == budget],
            cases,
            options,
        )
        for budget in budgets
    ]
    return Calibration(policy=policy, budgets=reports, problems=problems, cases=len(cases))


def _check(options: int, problems: int, folds: int, classes: int) -> None:
    if classes < 1:
        raise ConfigurationError(f"classes: expected at least 1, got {classes}")
    if folds < 2:  # noqa: PLR2004 - one part cannot be held out of itself
        raise ConfigurationError(f"folds: expected at least 2, got {folds}")
    least = folds * classes
    if problems < least:
        raise ConfigurationError(
            f"run: {problems} problems are too few for {folds} folds of {classes} classes; "
            f"evaluate at least {least}, better some hundreds"
        )
    if options == 0:
        raise ConfigurationError("run: no option ran on every problem with every seed")


def _with_figures(row: PolicyRow, judged: Sequence[Judged], difficulty: Difficulty) -> PolicyRow:
    """The row, each choice with what policies made without them did for the problems of its class.

    Other folds may cut elsewhere, and of few estimates into fewer classes: these classes count.
    """
    own = [each for each in judged if each.budget == row.budget]
    classes = [difficulty.of(each.case.estimate) for each in own]
    chosen = [
        _figured(choice, [each for each, its in zip(own, classes, strict=True) if its == place])
        for place, choice in enumerate(row.by_difficulty, 1)
    ]
    return replace(row, overall=_figured(row.overall, own, alike=True), by_difficulty=tuple(chosen))


def _figured(choice: Choice, judged: Sequence[Judged], *, alike: bool = False) -> Choice:
    if not judged:
        return choice
    found = accuracy_over(judged, lambda each: each.overall if alike else each.trial)
    spent = sum((each.overall if alike else each.trial).tokens for each in judged)
    return replace(
        choice,
        held_out=HeldOut(
            accuracy=found.value,
            low=found.low,
            high=found.high,
            tokens=spent / len(judged),
            cases=len(judged),
        ),
    )
