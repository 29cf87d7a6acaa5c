"""Stage four: how well a verifier tells right steps from wrong ones."""

from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from itertools import repeat
from typing import Any

from tts_async.errors import InvalidScores
from tts_async.solver.many import run_many
from tts_async.step_metrics import StepMetrics, best_threshold, measure_steps
from tts_async.training.stepwise import LabelledSolution
from tts_async.types.verification import ScoreRequest, StepScores, Verifier

BATCH = 32
"""Solutions that are sent together."""
IN_FLIGHT = 4
"""Batches that are sent before the first one has to be back."""


async def measure_verifier(
    verifier: Verifier,
    solutions: Sequence[LabelledSolution],
    *,
    threshold: float = 0.5,
    calibration: Sequence[LabelledSolution] = (),
) -> StepMetrics:
    """Score labelled solutions with any verifier, and compare.

    A step is taken for wrong when it scores below ``threshold``; with a ``calibration`` set, below
    the threshold that does best there. Opens and closes a verifier that is a context manager.
    Raises ``VerificationError``, and ``ConfigurationError`` when there is nothing to measure on.
    """
    async with AsyncExitStack() as stack:
        manager: Any = verifier
        if hasattr(manager, "__aenter__"):
            await stack.enter_async_context(manager)
        if calibration:
            scores = await score_solutions(verifier, calibration)
            threshold = best_threshold(scores, [solution.labels for solution in calibration])
        scores = await score_solutions(verifier, solutions)
    return measure_steps(scores, [solution.labels for solution in solutions], threshold=threshold)


async def score_solutions(
    verifier: Verifier, solutions: Sequence[LabelledSolution]
) -> list[StepScores]:
    """The scores of every step, in the order of the solutions; the verifier is open.

    Raises ``VerificationError``.
    """

    async def score(batch: Sequence[LabelledSolution]) -> Sequence[StepScores]:
        answers = await verifier.score([ScoreRequest(s.problem, s.steps) for s in batch])
        _check(batch, answers)
        return answers

    batches = [solutions[i : i + BATCH] for i in range(0, len(solutions), BATCH)]
    async with aclosing(run_many(batches, score, limit=IN_FLIGHT, ordered=True)) as answers:
        return [scores async for answer in answers for scores in answer]


def compare_labels(
    truth: Sequence[LabelledSolution],
    solutions: Sequence[LabelledSolution],
    *,
    threshold: float = 0.5,
) -> StepMetrics:
    """How well labels agree with better ones of the same solutions, as if they were scores.

    Hard labels are scores of 0 and 1, and steps beyond the end of labels that stop at an error
    score 0. Solutions that only one side has are left out. Raises ``ConfigurationError`` when
    there is none that both have.
    """
    better = {solution.key: solution.labels for solution in truth}
    both = [solution for solution in solutions if solution.key in better]
    labels = [better[solution.key] for solution in both]
    scores = [
        [*solution.targets, *repeat(0.0, len(wanted) - len(solution.targets))]
        for solution, wanted in zip(both, labels, strict=True)
    ]
    return measure_steps(scores, labels, threshold=threshold)


def _check(solutions: Sequence[LabelledSolution], answers: Sequence[StepScores]) -> None:
    if len(answers) != len(solutions):
        raise InvalidScores(f"asked to score {len(solutions)} paths, got {len(answers)} answers")
    for solution, scores in zip(solutions, answers, strict=True):
        if len(scores) != len(solution.steps):
            raise InvalidScores(f"a path of {len(solution.steps)} steps got {len(scores)} scores")
        if not all(0.0 <= score <= 1.0 for score in scores):  # NaN fails every comparison
            raise InvalidScores(f"scores must lie in [0, 1], got {list(scores)}")
