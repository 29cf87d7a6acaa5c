"""Stage one: draw solutions to problems with known answers."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError
from tts_async.evaluation import Outcome, evaluate
from tts_async.solver import Solver
from tts_async.steps import split_steps
from tts_async.strategies import Majority
from tts_async.training.row_file import RowFile
from tts_async.training.solutions import Solution
from tts_async.types.problem import Problem


async def roll_out(
    solver: Solver, problems: Sequence[Problem], out: str | Path, *, n: int = 8, seed: int = 0
) -> int:
    """Draw ``n`` solutions to every problem and append them to ``out``; how many were new.

    ``solver`` brings the generator and the sampling, and bounds what is in flight; its verifier is
    not used. Solutions that stand in the file already are not drawn again, so a run that was
    killed continues where it stopped. A problem whose search fails is left for the next run.

    Raises ``ConfigurationError`` for a problem without an answer and for a file of another seed,
    and what ``evaluate`` raises when the generator is gone.
    """
    for problem in problems:
        if problem.answer is None:
            raise ConfigurationError(
                f"problems: {problem.id!r} has no answer; steps are judged by where they lead"
            )
    file = RowFile(out)
    rows = await asyncio.to_thread(file.resume)
    known = [Solution.from_dict(row, place) for place, row in rows]
    _check_seed(known, seed, out)
    done = {solution.key for solution in known}
    missing = [p for p in problems if any((p.id, sample) not in done for sample in range(n))]
    draw_all = Majority(n, early_stop=False)
    written = 0
    async with (
        AnswerChecker() as checker,
        aclosing(evaluate(solver, missing, draw_all, seed=seed, checker=checker)) as outcomes,
    ):
        async for outcome in outcomes:
            drawn = await _solutions(outcome, seed, checker)
            new = [solution.to_dict() for solution in drawn if solution.key not in done]
            await asyncio.to_thread(file.append, new)
            written += len(new)
    return written


async def _solutions(outcome: Outcome, seed: int, checker: AnswerChecker) -> list[Solution]:
    """The samples of one problem, each with its own verdict."""
    result, gold = outcome.result, outcome.problem.answer
    answers = {candidate.path: candidate.answer for candidate in result.candidates}
    solutions = []
    for sample, node in enumerate(result.tree):
        predicted = answers.get(node.path)
        right = predicted is not None and gold is not None and await checker.equal(gold, predicted)
        solutions.append(
            Solution(
                problem=outcome.problem,
                sample=sample,
                seed=seed,
                steps=split_steps(node.text),
                finish=node.finish,
                predicted=predicted,
                correct=right,
            )
        )
    return solutions


def _check_seed(known: Sequence[Solution], seed: int, out: str | Path) -> None:
    other = next((solution.seed for solution in known if solution.seed != seed), seed)
    if other != seed:
        raise ConfigurationError(
            f"seed: {out} was drawn with seed {other}, not {seed}; use that one or another file"
        )
