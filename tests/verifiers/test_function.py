"""Functions as verifiers: of every kind, and what happens when they misbehave."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.patience import PATIENCE
from tts_async import ConfigurationError, Problem, ScoreRequest
from tts_async.errors import InvalidScores, VerificationError
from tts_async.verifiers import FunctionVerifier

REQUEST = ScoreRequest(Problem("1+1"), ("a\n\n", "b\n\n", "c"))


class Callee:
    """An object that is called and awaited."""

    async def __call__(self, _problem: Problem, steps: tuple[str, ...]) -> list[float]:
        """One score per step."""
        await asyncio.sleep(0)
        return [0.25] * len(steps)


async def whole(_problem: Problem, _steps: tuple[str, ...]) -> float:
    """One score for the path."""
    return 0.5


@pytest.mark.parametrize(
    ("function", "scores"),
    [
        (lambda _, steps: [1 / len(step) for step in steps], [1 / 3, 1 / 3, 1.0]),
        (lambda _, __: 0.5, [0.5] * 3),
        (lambda _, __: True, [1.0] * 3),
        (lambda _, __: np.float32(0.5), [0.5] * 3),
        (lambda _, __: np.array(0.5), [0.5] * 3),
        (lambda _, steps: np.full(len(steps), 0.5), [0.5] * 3),
        (lambda _, steps: (0.5 for _ in steps), [0.5] * 3),
        (whole, [0.5] * 3),
        (lambda _, steps: whole(REQUEST.problem, steps), [0.5] * 3),
        (Callee(), [0.25] * 3),
    ],
)
async def test_every_kind_of_function(function: Any, scores: list[float]) -> None:
    """Step-wise or for the whole, plain or a coroutine, numbers of Python or of numpy."""
    [found] = await FunctionVerifier(function).score([REQUEST])
    assert found == scores
    assert {type(score) for score in found} == {float}


async def test_a_function_may_block() -> None:
    """It runs in a thread: two that wait for each other would never end in the event loop."""
    barrier = threading.Barrier(2, timeout=PATIENCE)

    def meet(_problem: Problem, _steps: tuple[str, ...]) -> float:
        barrier.wait()
        return 1.0

    assert await FunctionVerifier(meet).score([REQUEST] * 2) == [[1.0] * 3] * 2


@pytest.mark.parametrize("score", [None, "high", [0.5, None], [[0.5, 0.5]], {"score": 1}])
async def test_what_is_no_score(score: Any) -> None:
    """The message says what came and what should."""
    with pytest.raises(InvalidScores, match="return a number in"):
        await FunctionVerifier(lambda _, __: score).score([REQUEST])


async def test_an_exception_is_no_low_score() -> None:
    """A time-out of the function's own is an exception like any other."""

    def fail(_problem: Problem, _steps: tuple[str, ...]) -> float:
        raise TimeoutError("the database is slow")

    with pytest.raises(VerificationError, match=r"\(fail\) raised TimeoutError: the database"):
        await FunctionVerifier(fail, timeout=60).score([REQUEST])


async def test_a_limit_in_time() -> None:
    """Coroutines are cancelled; a thread cannot be, but nobody waits for it."""
    ended = threading.Event()

    async def endless(_problem: Problem, _steps: tuple[str, ...]) -> float:
        await asyncio.Event().wait()
        return 1.0

    def blocked(_problem: Problem, _steps: tuple[str, ...]) -> float:
        ended.wait(5)
        return 1.0

    functions: list[Callable[..., Any]] = [endless, blocked]
    for function in functions:
        with pytest.raises(VerificationError, match=r"took longer than 0\.05 s"):
            await FunctionVerifier(function, timeout=0.05).score([REQUEST])
    ended.set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"timeout": 0}, "timeout: must be positive"), ({"aggregation": "best"}, "aggregation")],
)
def test_wrong_arguments(arguments: Any, message: str) -> None:
    """The message names the argument."""
    with pytest.raises(ConfigurationError, match=message):
        FunctionVerifier(whole, **arguments)
