"""Verifiers that do what a test tells them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from tts_async.types.verification import Aggregation, ScoreRequest, StepScores


class ScriptedVerifier:
    """Scores every step by itself, from a table or a function of the step's text.

    Steps are looked up without the delimiter at their end. ``delay`` in (virtual) seconds per
    call. ``calls`` records the requests of every call. Raises ``KeyError`` for a step that is not
    in the table.
    """

    def __init__(
        self,
        scores: Mapping[str, float] | Callable[[str], float],
        *,
        aggregation: Aggregation = "last",
        delay: float = 0.0,
        capacity: int = 256,
    ) -> None:
        self.aggregation = aggregation
        self.capacity = capacity
        self.calls: list[tuple[ScoreRequest, ...]] = []
        self._score = scores if callable(scores) else scores.__getitem__
        self._delay = delay

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One score per step of every request."""
        self.calls.append(tuple(requests))
        await asyncio.sleep(self._delay)
        return [[self._score(step.strip()) for step in request.steps] for request in requests]
