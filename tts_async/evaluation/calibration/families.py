"""The single strategies that a policy competes with, at any number of tokens."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tts_async.evaluation.calibration.cases import Case, tokens
from tts_async.strategies.compute_optimal import Choice


@dataclass(frozen=True, slots=True)
class Family:
    """One strategy with one selection and beam width, over all budgets; members by rising n."""

    members: tuple[Choice, ...]

    @property
    def label(self) -> str:
        """The strategy without its budget."""
        return self.members[-1].label

    def price(self, cases: Sequence[Case]) -> float:
        """Mean tokens of its cheapest member."""
        return tokens(cases, self.members[0])

    def at_tokens(self, cases: Sequence[Case], spent: float) -> list[tuple[Case, float]]:
        """How right it would be on each case with so many tokens on average.

        Between two budgets it is one of them for a share of the problems and the other for the
        rest, so that the mean fits.
        """
        priced = [(tokens(cases, member), member) for member in self.members]
        for (price, member), (next_price, next_member) in pairwise(priced):
            if price <= spent < next_price:
                share = (spent - price) / (next_price - price)
                return [
                    (
                        case,
                        (1 - share) * case.trials[member].correct
                        + share * case.trials[next_member].correct,
                    )
                    for case in cases
                ]
        member = self.members[0] if spent < priced[0][0] else self.members[-1]
        return [(case, float(case.trials[member].correct)) for case in cases]


def families(options: Sequence[Choice]) -> list[Family]:
    """The single strategies that the options are made of.

    A beam is never wider than n, so a small n may belong to several widths.
    """
    kinds: defaultdict[tuple[object, ...], list[Choice]] = defaultdict(list)
    for option in options:
        kinds[option.strategy, option.vote].append(option)
    found = []
    for kind in kinds.values():
        for width in {option.beam_width for option in kind}:
            members = (
                option
                for option in kind
                if width is None or option.beam_width == min(width, option.n)
            )
            found.append(Family(tuple(sorted(members, key=lambda option: option.n))))
    wholes = [set(family.members) for family in found]
    kept = [f for f in found if not any(set(f.members) < whole for whole in wholes)]
    return sorted(kept, key=lambda family: str(family.members[-1]))
