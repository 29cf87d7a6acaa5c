"""The seam to whatever judges the steps: a process reward model, a judge, a function."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from tts_async.types.problem import Problem

Aggregation = Literal["last", "min", "prod", "mean"]
"""How the step scores of one path become one number."""

StepScores = Sequence[float]
"""One score in [0, 1] per step of a path, first step first."""


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One path to score: the problem and every step so far, delimiters included.

    A step ``""`` is what some published searches score after a path that is not finished.
    """

    problem: Problem
    steps: tuple[str, ...]
    priority: int = 0


class Verifier(Protocol):
    """Scores the steps of paths.

    Raises ``VerificationError``: a failure is never a low score. A verifier that also is an async
    context manager is opened and closed by the ``Solver``. Optional attributes: ``aggregation``
    (its default, or None until it is open; ``last`` suits cumulative labels, ``prod`` and ``min``
    suit PRMs that judge each step by itself) and ``capacity`` (how many paths it takes at a time).
    """

    async def score(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """One list per request, each as long as that request's ``steps``."""
        ...
