"""What an evaluation found, in the form that is written to ``results.json``.

The schema, version 2::

    schema            2
    version           of tts_async
    created           ISO time, UTC, of the start
    interrupted       true until the last run is complete: what was finished is kept
    dataset           name or path;   level, limit: as asked for, null where not
    seed, seeds       the first, and all of them: every problem was searched with each
    problems          how many problems every run has
    generator         what generated;   verifier: what scored, null without
    options           what else was asked for and decides the outcome
    command           the words of the command that made it; empty where there was none
    confidence_level  of all intervals
    rows              one object per strategy, selection and n, in the order they ran:
      label                 the row in a few characters, as in occupancy
      strategy, select, n   name, selection where it has one, budget
      settings              the strategy with all of its options
      complete              whether everything is in; the rest of the row covers what is
      runs                  outcomes: problems times seeds
      problems, correct, errors        an error counts as not correct
      accuracy, stderr, low, high      correct / runs, its standard error and interval, in [0, 1]
      difference            to the first row, paired over problems: {to, value, low, high};
                            null for the first
      pass_at_k             {"1": …, "2": …, "4": …}; empty where there is one answer
      seeds                 [{seed, problems, correct, accuracy, tokens, seconds}, …]
      tokens, tokens_per_problem       generated, in total and for an outcome
      replayed_tokens       of tokens, those that were in the journal already
      expansions, verifier_calls       requests to the generator, paths scored
      seconds               wall time of the run; where tokens were replayed it is no cost
      by_level, by_subject  {"1": {problems, correct, accuracy, low, high}, …}; empty where
                            problems have no such thing
    occupancy         how busy the two lanes were over time, where it was recorded:
      interval_s            length of an interval in seconds
      generation, verification         share of the capacity in use per interval, in [0, 1]
      rows                  [{label, start_s, end_s}, …]: when each row ran
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import Any

from tts_async import __version__
from tts_async.errors import describe
from tts_async.evaluation.datasets import level_of, subject_of
from tts_async.evaluation.metrics import CONFIDENCE_LEVEL
from tts_async.evaluation.occupancy import Occupancy
from tts_async.evaluation.plans import selection_of
from tts_async.evaluation.results import SCHEMA
from tts_async.evaluation.row import Row
from tts_async.evaluation.runner import Outcome
from tts_async.strategies import Strategy


@dataclass(slots=True)
class Report:
    """All rows of an evaluation and the circumstances they were measured in.

    ``options``: plain data, whatever else decides the outcome. ``command``: how to do it again.
    """

    dataset: str
    _: KW_ONLY
    problems: int
    generator: str = "embedded"
    verifier: str | None = "embedded"
    level: int | None = None
    limit: int | None = None
    seeds: Sequence[int] = (0,)
    options: Mapping[str, Any] = field(default_factory=dict)
    command: Sequence[str] = ()
    interrupted: bool = True
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: list[Row] = field(default_factory=list)
    occupancy: Occupancy = field(default_factory=Occupancy)

    def begin(self, strategy: Strategy) -> Row:
        """Open the row of the next run."""
        row = Row(strategy, self.problems, self.seeds)
        self.rows.append(row)
        return row

    def finish(self) -> None:
        """Say that every run that was planned is in."""
        self.interrupted = False

    def to_dict(self) -> dict[str, Any]:
        """As plain data, in the schema of this module; rows without an outcome are left out."""
        occupancy = self.occupancy.to_dict()
        return {
            "schema": SCHEMA,
            "version": __version__,
            "created": self.created.isoformat(timespec="seconds"),
            "interrupted": self.interrupted,
            "dataset": self.dataset,
            "level": self.level,
            "limit": self.limit,
            "seed": self.seeds[0],
            "seeds": [*self.seeds],
            "problems": self.problems,
            "generator": self.generator,
            "verifier": self.verifier,
            "options": dict(self.options),
            "command": [*self.command],
            "confidence_level": CONFIDENCE_LEVEL,
            "rows": [self._row_to_dict(row) for row in self.rows if row.runs],
            **({"occupancy": occupancy} if occupancy else {}),
        }

    def _row_to_dict(self, row: Row) -> dict[str, Any]:
        first = self.rows[0]
        if row is first:
            return {**row.to_dict(), "difference": None}
        found = row.difference_to(first)
        difference = {
            "to": first.label,
            "value": found.value,
            "low": found.low,
            "high": found.high,
        }
        return {**row.to_dict(), "difference": difference}


def outcome_to_dict(outcome: Outcome) -> Mapping[str, Any]:
    """One line of ``problems.jsonl``: the question, the verdict, and what led to it."""
    result = outcome.result
    return {
        "strategy": result.strategy,
        "select": selection_of(outcome.strategy),
        "n": result.n,
        "chosen": result.chosen,
        "seed": result.seed,
        "id": outcome.problem.id,
        "level": level_of(outcome.problem),
        "subject": subject_of(outcome.problem),
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
