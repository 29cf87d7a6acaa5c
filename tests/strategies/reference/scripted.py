"""The make-believe models of the golden files, behind this project's protocols."""

import asyncio
from collections.abc import Sequence

from tests.strategies.reference.script import Ordinals, Script
from tts_async.steps import DELIMITER
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest, StepScores


class ScriptGenerator:
    """Draws what the script says; a token is a character."""

    capacity = 1024

    def __init__(self, script: Script) -> None:
        self.script, self.ordinals = script, Ordinals()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """``n`` draws, each with the next ordinal of its text; greedy ones have none."""
        await asyncio.sleep(0)
        return [self._draw(request) for _ in range(request.n)]

    def _draw(self, request: GenerationRequest) -> Step:
        problem, path = request.problem.text, "".join(request.steps)
        to_end, ordinal = request.stop is None, None
        if request.sampling.temperature > 0:
            ordinal = self.ordinals.take(problem, path, to_end=to_end)
        text, finish = self.script.draw(problem, path, ordinal, to_end=to_end)
        return Step(text, finish, len(text))


class ScriptVerifier:
    """Scores what the script says; the delimiter is no part of a step there."""

    capacity = 1024

    def __init__(self, script: Script) -> None:
        self.script = script

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One score per step, the empty ones included."""
        return [
            self.script.score(
                request.problem.text, [step.removesuffix(DELIMITER) for step in request.steps]
            )
            for request in requests
        ]
