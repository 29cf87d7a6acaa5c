"""A solution that a generator drew: what ``rollout`` writes and ``label`` reads.

One JSON line per solution::

    id, problem, answer, metadata   of the problem it belongs to
    sample                          0 to n - 1
    seed                            of the run that drew it
    steps                           its steps, delimiters kept: their concatenation is the text
    finish                          "stop", or "length" where it was truncated
    predicted                       the answer found in it, null without one
    correct                         whether that equals the reference answer
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.steps import DELIMITER
from tts_async.training.row_file import read_rows
from tts_async.types.generation import Finish
from tts_async.types.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """One of the solutions drawn for a problem with a known answer."""

    problem: Problem
    sample: int
    seed: int
    steps: tuple[str, ...]
    finish: Finish
    predicted: str | None
    correct: bool

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other solution of a run."""
        return self.problem.id, self.sample

    @property
    def whole_steps(self) -> tuple[str, ...]:
        """The steps that can be judged: not the last one of a truncated solution, if it is torn."""
        if self.finish == "stop" or not self.steps or self.steps[-1].endswith(DELIMITER):
            return self.steps
        return self.steps[:-1]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "id": self.problem.id,
            "problem": self.problem.text,
            "answer": self.problem.answer,
            "metadata": dict(self.problem.metadata),
            "sample": self.sample,
            "seed": self.seed,
            "steps": list(self.steps),
            "finish": self.finish,
            "predicted": self.predicted,
            "correct": self.correct,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], place: str = "this row") -> "Solution":
        """The inverse of ``to_dict``; raises ``DatasetError`` that names ``place``."""
        try:
            problem = Problem(
                row["problem"], id=row["id"], answer=row["answer"], metadata=row["metadata"]
            )
            kept = ("sample", "seed", "finish", "predicted", "correct")
            return cls(
                problem=problem,
                steps=tuple(row["steps"]),
                **{key: row[key] for key in kept},
            )
        except (KeyError, TypeError, ConfigurationError) as error:
            raise DatasetError(
                f"{place}: not a rolled-out solution ({error!r}); give a file that rollout wrote"
            ) from error


def read_solutions(path: str | Path) -> list[Solution]:
    """The solutions of a file that ``rollout`` wrote; raises ``DatasetError``."""
    return [Solution.from_dict(row, place) for place, row in read_rows(path)]


def by_problem(solutions: Sequence[Solution]) -> dict[str, list[Solution]]:
    """The solutions of each problem by its id, ordered by sample.

    A run writes problems as they finish; sorted, the same solutions always share the same work.
    """
    grouped: dict[str, list[Solution]] = {}
    for solution in sorted(solutions, key=lambda solution: solution.key):
        grouped.setdefault(solution.problem.id, []).append(solution)
    return grouped
