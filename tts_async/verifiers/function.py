"""A verifier from a plain function: a unit test, a calculator, a heuristic."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from tts_async.aggregate import check_aggregation
from tts_async.concurrency import gather
from tts_async.errors import (
    ConfigurationError,
    InvalidScores,
    TTSError,
    VerificationError,
    describe,
)
from tts_async.types.problem import Problem
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores

Score = float | Sequence[float]
ScoreFunction = Callable[[Problem, tuple[str, ...]], Score | Awaitable[Score]]


class FunctionVerifier:
    """Scores with ``function(problem, steps)``, which returns one score per step, or one number.

    One number judges the path as a whole: it stands for all of its steps. Coroutine functions
    are awaited; others run in a thread, so they may block. ``timeout`` is in seconds for one path.
    An exception of the function, or a call that takes longer, ends the search with
    ``VerificationError``; what is no score is ``InvalidScores``.
    """

    def __init__(
        self,
        function: ScoreFunction,
        *,
        aggregation: Aggregation = "last",
        timeout: float | None = None,
    ) -> None:
        if timeout is not None and timeout <= 0:
            raise ConfigurationError(f"timeout: must be positive seconds, got {timeout}")
        self.aggregation = check_aggregation(aggregation)
        self._function = function
        self._timeout = timeout
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - the method itself is inspected
        )

    @property
    def function(self) -> ScoreFunction:
        """What scores."""
        return self._function

    async def score(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """One list of scores per request."""
        return await gather(*(self._score_one(request) for request in requests))

    async def _score_one(self, request: ScoreRequest) -> StepScores:
        limit = asyncio.timeout(self._timeout)
        try:
            async with limit:
                score = await self._call(request)
        except TTSError:
            raise
        except Exception as error:
            if limit.expired():
                # A thread cannot be stopped; it goes on, and nobody waits for it.
                raise VerificationError(f"{self!r} took longer than {self._timeout} s") from error
            raise VerificationError(f"{self!r} raised {describe(error)}") from error
        return self._as_scores(score, len(request.steps))

    async def _call(self, request: ScoreRequest) -> Any:
        if self._is_async:
            score: Any = self._function(request.problem, request.steps)
        else:
            score = await asyncio.to_thread(self._function, request.problem, request.steps)
        return await score if inspect.isawaitable(score) else score

    def _as_scores(self, score: Any, steps: int) -> StepScores:
        # Arrays and tensors are iterable; those without a dimension say so and are numbers.
        is_several = isinstance(score, Iterable) and getattr(score, "ndim", 1) > 0
        try:
            return [float(each) for each in score] if is_several else [float(score)] * steps
        except (TypeError, ValueError) as error:
            raise InvalidScores(
                f"{self!r} returned {score!r}; return a number in [0, 1], or one per step"
            ) from error

    def __repr__(self) -> str:
        return f"FunctionVerifier({getattr(self._function, '__name__', self._function)!s})"
