"""What an evaluation found, in the form that is written to ``results.json``.

The schema, version 1::

    schema            1
    version           of tts_async
    created           ISO time, UTC, of the start
    interrupted       true until the last run is complete: what was finished is kept
    dataset           name or path;   level, limit, seed: as asked for, null where not
    problems          how many problems every run has
    generator         what generated;   verifier: what scored, null without
    rows              one object per strategy and n, in the order they ran:
      strategy, n     name and budget;   settings: the strategy with all of its options
      complete        whether all problems are in; the rest of the row covers those that are
      problems, correct, errors              counts; an error counts as not correct
      accuracy, stderr                       correct / problems and its standard error, in [0, 1]
      tokens, tokens_per_problem             generated
      expansions, verifier_calls             requests to the generator, paths scored
      seconds                                wall time of the run
      by_level        {"1": {problems, correct, accuracy}, …}, empty where problems have no level
"""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tts_async import __version__
from tts_async.errors import describe
from tts_async.evaluation.datasets import level_of
from tts_async.evaluation.plans import label_of
from tts_async.evaluation.runner import Outcome
from tts_async.strategies import Strategy, name_of

SCHEMA = 1


@dataclass(slots=True)
class Score:
    """How many of how many."""

    problems: int = 0
    correct: int = 0

    def count(self, *, correct: bool) -> None:
        """Add one problem."""
        self.problems += 1
        self.correct += correct

    @property
    def accuracy(self) -> float:
        """The share of right answers; 0 where there are none."""
        return self.correct / self.problems if self.problems else 0.0

    @property
    def stderr(self) -> float:
        """The standard error of the accuracy, binomial."""
        if not self.problems:
            return 0.0
        return math.sqrt(self.accuracy * (1 - self.accuracy) / self.problems)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"problems": self.problems, "correct": self.correct, "accuracy": self.accuracy}


@dataclass(slots=True)
class Row:
    """One strategy over all problems; grows with every outcome."""

    strategy: Strategy
    total: int
    score: Score = field(default_factory=Score)
    by_level: dict[int, Score] = field(default_factory=dict)
    errors: int = 0
    tokens: int = 0
    expansions: int = 0
    verifier_calls: int = 0
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """The strategy and its n."""
        return label_of(self.strategy)

    @property
    def n(self) -> int | None:
        """The strategy's budget of candidates."""
        return getattr(self.strategy, "n", None)

    @property
    def complete(self) -> bool:
        """Whether every problem is in."""
        return self.score.problems == self.total

    @property
    def tokens_per_problem(self) -> float:
        """Generated tokens, on average."""
        return self.tokens / self.score.problems if self.score.problems else 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.score.count(correct=outcome.correct)
        level = level_of(outcome.problem)
        if level is not None:
            self.by_level.setdefault(level, Score()).count(correct=outcome.correct)
        spend = outcome.result.spend
        self.errors += outcome.result.error is not None
        self.tokens += spend.tokens
        self.expansions += spend.expansions
        self.verifier_calls += spend.verifier_calls
        self.seconds = outcome.elapsed

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "strategy": name_of(self.strategy),
            "n": self.n,
            "settings": repr(self.strategy),
            "complete": self.complete,
            **self.score.to_dict(),
            "stderr": self.score.stderr,
            "tokens": self.tokens,
            "tokens_per_problem": self.tokens_per_problem,
            "expansions": self.expansions,
            "verifier_calls": self.verifier_calls,
            "seconds": self.seconds,
            "errors": self.errors,
            "by_level": {str(k): self.by_level[k].to_dict() for k in sorted(self.by_level)},
        }


@dataclass(slots=True)
class Report:
    """All rows of an evaluation and the circumstances they were measured in."""

    dataset: str
    _: KW_ONLY
    problems: int
    generator: str = "embedded"
    verifier: str | None = "embedded"
    level: int | None = None
    limit: int | None = None
    seed: int = 0
    interrupted: bool = True
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: list[Row] = field(default_factory=list)

    def begin(self, strategy: Strategy) -> Row:
        """Open the row of the next run."""
        row = Row(strategy, self.problems)
        self.rows.append(row)
        return row

    def finish(self) -> None:
        """Say that every run that was planned is in."""
        self.interrupted = False

    def to_dict(self) -> dict[str, Any]:
        """As plain data, in the schema of this module; rows without an outcome are left out."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "created": self.created.isoformat(timespec="seconds"),
            "interrupted": self.interrupted,
            "dataset": self.dataset,
            "level": self.level,
            "limit": self.limit,
            "seed": self.seed,
            "problems": self.problems,
            "generator": self.generator,
            "verifier": self.verifier,
            "rows": [row.to_dict() for row in self.rows if row.score.problems],
        }


def outcome_to_dict(outcome: Outcome) -> Mapping[str, Any]:
    """One line of ``problems.jsonl``: the question, the verdict, and what led to it."""
    result = outcome.result
    return {
        "strategy": result.strategy,
        "n": result.n,
        "id": outcome.problem.id,
        "level": level_of(outcome.problem),
        "problem": outcome.problem.text,
        "gold": outcome.problem.answer,
        "answer": result.answer,
        "correct": outcome.correct,
        "confidence": result.confidence,
        "stop_reason": result.stop_reason,
        "error": None if result.error is None else describe(result.error),
        "text": result.text,
        "votes": [[votes.answer, votes.count, votes.weight] for votes in result.votes],
        "tokens": result.spend.tokens,
        "expansions": result.spend.expansions,
        "verifier_calls": result.spend.verifier_calls,
        "seconds": result.spend.seconds,
    }
