"""One strategy over all problems and seeds: what is counted, and the figures made of it."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tts_async.evaluation.datasets import level_of, subject_of
from tts_async.evaluation.draws import draws_of
from tts_async.evaluation.metrics import (
    Accuracy,
    Difference,
    Trials,
    accuracy_of,
    mean_pass_at_k,
    paired_difference,
)
from tts_async.evaluation.plans import label_of, selection_of
from tts_async.evaluation.runner import Outcome
from tts_async.strategies import Strategy, name_of
from tts_async.types.problem import Problem


@dataclass(slots=True)
class _ProblemCount:
    """The outcomes of one problem; ``draws`` as ``draws_of`` has them, one per outcome."""

    problem: Problem
    correct: int = 0
    draws: list[tuple[int, int] | None] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return len(self.draws)

    @property
    def trials(self) -> Trials:
        return Trials(self.correct, self.runs)


@dataclass(slots=True)
class _SeedCount:
    """The outcomes of one seed, and when they were worked on, in seconds of the run."""

    problems: int = 0
    correct: int = 0
    tokens: int = 0
    began: float = math.inf
    ended: float = 0.0

    def to_dict(self, seed: int) -> dict[str, Any]:
        return {
            "seed": seed,
            "problems": self.problems,
            "correct": self.correct,
            "accuracy": self.correct / self.problems,
            "tokens": self.tokens,
            "seconds": self.ended - self.began,
        }


@dataclass(slots=True)
class Row:
    """One strategy over ``problems`` problems with each of ``seeds``; grows with every outcome.

    ``replayed_tokens``: of ``tokens``, those that a journal had already. ``seconds`` is the wall
    time of the run. ``chosen``: how often the strategy went on with which other one.
    """

    strategy: Strategy
    problems: int
    seeds: Sequence[int] = (0,)
    errors: int = 0
    tokens: int = 0
    replayed_tokens: int = 0
    expansions: int = 0
    verifier_calls: int = 0
    seconds: float = 0.0
    chosen: Counter[str] = field(default_factory=Counter)
    _by_problem: dict[str, _ProblemCount] = field(default_factory=dict, repr=False)
    _by_seed: dict[int, _SeedCount] = field(default_factory=dict, repr=False)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        result, spend = outcome.result, outcome.result.spend
        problem = self._by_problem.setdefault(outcome.problem.id, _ProblemCount(outcome.problem))
        problem.correct += outcome.correct
        problem.draws.append(draws_of(self.strategy, result, outcome.right))
        seed = self._by_seed.setdefault(result.seed, _SeedCount())
        seed.problems += 1
        seed.correct += outcome.correct
        seed.tokens += spend.tokens
        seed.began = min(seed.began, max(0.0, outcome.elapsed - spend.seconds))
        seed.ended = max(seed.ended, outcome.elapsed)
        self.errors += result.error is not None
        self.chosen.update(filter(None, [result.chosen]))
        self.tokens += spend.tokens
        self.expansions += spend.expansions
        self.verifier_calls += spend.verifier_calls
        self.seconds = max(self.seconds, outcome.elapsed)

    def keep_times(self, seconds: float, by_seed: Mapping[int, float]) -> None:
        """Put other times in the place of those of a run that only replayed."""
        self.seconds = seconds
        for seed, own_seconds in by_seed.items():
            self._by_seed[seed].began, self._by_seed[seed].ended = 0.0, own_seconds

    @property
    def is_replayed(self) -> bool:
        """Whether everything was in the journal already."""
        return 0 < self.tokens <= self.replayed_tokens

    @property
    def label(self) -> str:
        """The strategy and its n."""
        return label_of(self.strategy)

    @property
    def n(self) -> int | None:
        """The strategy's budget of candidates."""
        return getattr(self.strategy, "n", None)

    @property
    def runs(self) -> int:
        """How many outcomes are in."""
        return sum(seed.problems for seed in self._by_seed.values())

    @property
    def complete(self) -> bool:
        """Whether every problem is in with every seed."""
        return self.runs == self.problems * len(self.seeds)

    @property
    def accuracy(self) -> Accuracy:
        """Over everything that is in."""
        return accuracy_of(each.trials for each in self._by_problem.values())

    @property
    def tokens_per_problem(self) -> float:
        """Generated tokens, on average over the outcomes."""
        return self.tokens / self.runs if self.runs else 0.0

    def pass_at_k(self) -> dict[int, float]:
        """pass@k for k = 1, 2, 4, … as far as there are answers; empty where there is only one."""
        draws = [each.draws for each in self._by_problem.values()]
        known = [[pair for pair in runs if pair is not None] for runs in draws]
        if known != draws:  # an estimate from the rest would be biased
            return {}
        most = max((n for runs in known for n, _ in runs), default=0)
        if most < 2:  # noqa: PLR2004 - one answer: its pass@1 is the accuracy
            return {}
        powers = (1 << exponent for exponent in range(most.bit_length()))
        return {k: mean_pass_at_k(known, k) for k in powers}

    def difference_to(self, other: "Row") -> Difference:
        """How much better this one is, over the problems that both have."""
        mine, others = self.by_problem(), other.by_problem()
        return paired_difference(mine[name] - others[name] for name in mine if name in others)

    def by_problem(self) -> dict[str, float]:
        """The share of right outcomes of each problem, by its id."""
        return {name: each.correct / each.runs for name, each in self._by_problem.items()}

    def _groups(self, key: Callable[[Problem], Hashable]) -> Iterator[tuple[Any, Accuracy]]:
        """The accuracy for each value of a key, in their order; problems without one left out."""
        groups = defaultdict[Any, list[Trials]](list)
        for each in self._by_problem.values():
            if (value := key(each.problem)) is not None:
                groups[value].append(each.trials)
        for value in sorted(groups):
            yield value, accuracy_of(groups[value])

    def to_dict(self) -> dict[str, Any]:
        """As plain data, in the schema of ``tts_async.evaluation.report``."""
        return {
            "label": self.label,
            "strategy": name_of(self.strategy),
            "select": selection_of(self.strategy),
            "n": self.n,
            "settings": repr(self.strategy),
            "chosen": dict(sorted(self.chosen.items())),
            "complete": self.complete,
            "runs": self.runs,
            **_figures(self.accuracy),
            "stderr": self.accuracy.stderr,
            "errors": self.errors,
            "pass_at_k": {str(k): share for k, share in self.pass_at_k().items()},
            "seeds": [self._by_seed[seed].to_dict(seed) for seed in sorted(self._by_seed)],
            "tokens": self.tokens,
            "replayed_tokens": self.replayed_tokens,
            "tokens_per_problem": self.tokens_per_problem,
            "expansions": self.expansions,
            "verifier_calls": self.verifier_calls,
            "seconds": self.seconds,
            "by_level": {str(key): _figures(found) for key, found in self._groups(level_of)},
            "by_subject": {key: _figures(found) for key, found in self._groups(subject_of)},
        }


def _figures(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "problems": accuracy.problems,
        "correct": accuracy.correct,
        "accuracy": accuracy.value,
        "low": accuracy.low,
        "high": accuracy.high,
    }
