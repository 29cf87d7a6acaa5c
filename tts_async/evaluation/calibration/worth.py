"""What a policy is worth, and what else could be had for its tokens.

The single strategies have the advantage of hindsight: the best of them is picked on the very cases
that it is compared on. A policy that keeps up with it is better than it looks.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.evaluation.calibration.cases import Case, accuracy, tokens
from tts_async.evaluation.calibration.families import families
from tts_async.evaluation.calibration.held_out import Judged, accuracy_over
from tts_async.evaluation.metrics import Accuracy, Difference, paired_difference
from tts_async.strategies.compute_optimal import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """One strategy alone, with all of a budget."""

    choice: Choice
    accuracy: float
    tokens: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The best single strategy for a policy's tokens, interpolated between its budgets.

    ``lead``: by how much the policy is more accurate, paired over problems.
    """

    label: str
    accuracy: float
    lead: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReport:
    """One budget: the policy on held-out problems, and what it competes with.

    ``oracle``: the accuracy if difficulty were told by the share of right samples instead of the
    pilots. ``singles`` have the same ``n``, ``rival`` the same tokens.
    """

    budget: int
    policy: Accuracy
    tokens: float
    oracle: float
    rival: Rival
    singles: Sequence[Single]


def report_on(
    budget: int,
    judged: Sequence[Judged],
    by_oracle: Sequence[Judged],
    cases: Sequence[Case],
    options: Sequence[Choice],
) -> BudgetReport:
    """One budget: ``judged`` and ``by_oracle`` are its cases, told by pilots and by an oracle."""
    spent = sum(each.trial.tokens for each in judged) / len(judged)
    rivals = families(options)
    within = [family for family in rivals if family.price(cases) <= spent]
    found = [
        _compare(judged, family.at_tokens(cases, spent), family.label)
        for family in within or [min(rivals, key=lambda family: family.price(cases))]
    ]
    rival = max(found, key=lambda each: each.accuracy)
    return BudgetReport(
        budget=budget,
        policy=accuracy_over(judged, lambda each: each.trial),
        tokens=spent,
        oracle=accuracy_over(by_oracle, lambda each: each.trial).value,
        rival=rival,
        singles=[
            Single(choice=option, accuracy=accuracy(cases, option), tokens=tokens(cases, option))
            for option in options
            if option.n == budget
        ],
    )


def _compare(judged: Sequence[Judged], other: Sequence[tuple[Case, float]], label: str) -> Rival:
    right = {(each.case.problem, each.case.seed): each.trial.correct for each in judged}
    by_problem: defaultdict[str, list[float]] = defaultdict(list)
    for case, share in other:
        by_problem[case.problem].append(right[case.problem, case.seed] - share)
    return Rival(
        label=label,
        accuracy=sum(share for _, share in other) / len(other),
        lead=paired_difference(sum(own) / len(own) for own in by_problem.values()),
    )
