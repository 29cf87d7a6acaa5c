"""A verifier from a plain function: a unit test, a calculator, a heuristic."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence

from tts_async.concurrency import gather
from tts_async.errors import TTSError, VerificationError, describe
from tts_async.types.problem import Problem
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores

Score = float | Sequence[float]
ScoreFunction = Callable[[Problem, tuple[str, ...]], Score | Awaitable[Score]]


class FunctionVerifier:
    """Scores with ``function(problem, steps)``, which returns one score per step, or one number.

    One number judges the path as a whole: it stands for all of its steps. Coroutine functions
    are awaited; others run in a thread, so they may block. An exception of the function ends the
    search with ``VerificationError``.
    """

    def __init__(self, function: ScoreFunction, *, aggregation: Aggregation = "last") -> None:
        self.aggregation = aggregation
        self._function = function
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - the method itself is inspected
        )

    async def score(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """One list of scores per request."""
        return await gather(*(self._score_one(request) for request in requests))

    async def _score_one(self, request: ScoreRequest) -> StepScores:
        try:
            if self._is_async:
                score = self._function(request.problem, request.steps)
            else:
                score = await asyncio.to_thread(self._function, request.problem, request.steps)
            if inspect.isawaitable(score):
                score = await score
        except TTSError:
            raise
        except Exception as error:
            raise VerificationError(f"{self!r} raised {describe(error)}") from error
        return score if isinstance(score, Sequence) else [float(score)] * len(request.steps)

    def __repr__(self) -> str:
        return f"FunctionVerifier({getattr(self._function, '__name__', self._function)!s})"
