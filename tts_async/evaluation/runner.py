"""Run one strategy over a set of problems and say which answers are right.

All problems, with all seeds, go through one ``Solver.solve_many``, so they interleave and keep the
models busy. A problem whose search fails counts as wrong, which is what its user would call it, and
keeps its error; but when nothing works any more the run stops with the error instead of writing
down zeros.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from tts_async.answers import AnswerChecker
from tts_async.errors import (
    ConfigurationError,
    GeneratorUnavailable,
    VerifierUnavailable,
    WorkerError,
)
from tts_async.solver import Solver
from tts_async.strategies import Strategy
from tts_async.types.problem import Problem
from tts_async.types.result import Result

GONE = (GeneratorUnavailable, VerifierUnavailable, WorkerError)
PATIENCE = 5
"""So many problems in a row that find their server or worker gone end the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One problem solved by one strategy, and whether the answer is right.

    ``right`` says the same of each candidate of the result. ``elapsed`` is the time in seconds
    from the start of the run to this outcome. The seed is the result's.
    """

    strategy: Strategy
    problem: Problem
    result: Result
    correct: bool
    right: tuple[bool, ...]
    elapsed: float


async def evaluate(
    solver: Solver,
    problems: Sequence[Problem],
    strategy: Strategy,
    *,
    seed: int | None = None,
    seeds: Sequence[int] | None = None,
    checker: AnswerChecker | None = None,
) -> AsyncGenerator[Outcome, None]:
    """Yield an outcome for each problem, and for each of ``seeds``, as soon as it is known.

    An answer is right when it equals the problem's own by the rules of the solver (its ``extract``
    and ``compare``, or mathematics), or by those of another ``checker``. Raises the error itself
    when the generator or the verifier is gone, or when every problem failed; ``ConfigurationError``
    for arguments that cannot work.
    """
    clock = asyncio.get_running_loop().time
    began, patience, failures, count = clock(), PATIENCE, 0, 0
    planned = len(problems) * len(seeds or [seed])
    checker = checker or solver.checker
    unknown = [problem.id for problem in problems if problem.answer is None]
    if unknown:
        raise ConfigurationError(
            f"problems: {len(unknown)} of {len(problems)} have no answer to compare with, first "
            f"{unknown[0]}; give each an answer, Problem(text, answer=...)"
        )
    async with aclosing(
        solver.solve_many(problems, strategy=strategy, seed=seed, seeds=seeds)
    ) as results:
        async for result in results:
            count += 1
            if result.error is not None:
                failures += 1
                patience -= isinstance(result.error, GONE)
                if patience == 0 or failures == count == planned:
                    raise result.error
            else:
                patience = PATIENCE
            right = await _right_candidates(result, checker)
            yield Outcome(
                strategy=strategy,
                problem=result.problem,
                result=result,
                correct=await _is_right(result, result.answer, checker),
                right=right,
                elapsed=clock() - began,
            )


async def _right_candidates(result: Result, checker: AnswerChecker) -> tuple[bool, ...]:
    """For each candidate; equal answers are judged together, by the one that leads their group."""
    groups = [await _is_right(result, votes.answer, checker) for votes in result.votes]
    return tuple(
        candidate.group is not None and groups[candidate.group] for candidate in result.candidates
    )


async def _is_right(result: Result, answer: str | None, checker: AnswerChecker) -> bool:
    gold = result.problem.answer
    return answer is not None and gold is not None and await checker.equal(gold, answer)
