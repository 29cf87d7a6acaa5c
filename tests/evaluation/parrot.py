"""A generator whose answers stand in the problem: "say 7" is answered with 7."""

import asyncio
import re
from collections.abc import Sequence

from tts_async.errors import GeneratorUnavailable, PromptTooLong
from tts_async.steps import DELIMITER
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest


class Parrot:
    """Takes one step, then gives the last number of the problem.

    Problems with "silent" get no answer, "broken" ones an error, "gone" ones find no server, and
    "slow" ones wait for ever.
    """

    capacity = 64

    def __init__(self) -> None:
        self.running = 0

    async def generate(self, request: GenerationRequest) -> Sequence[Step]:
        """The same continuation ``n`` times."""
        text = request.problem.text
        if "broken" in text:
            raise PromptTooLong("too long")
        if "gone" in text:
            raise GeneratorUnavailable("nobody is there")
        self.running += 1
        try:
            await asyncio.sleep(3600 if "slow" in text else 0)
        finally:
            self.running -= 1
        numbers = re.findall(r"\d+", text)
        answer = "who knows" if "silent" in text else rf"so $\boxed{{{numbers[-1]}}}$"
        if not request.steps and request.stop is not None:
            return [Step(f"listen{DELIMITER}", "step", 2)] * request.n
        if not request.steps:
            answer = f"listen{DELIMITER}{answer}"
        return [Step(answer, "stop", 3)] * request.n


class Listener:
    """A verifier that likes everything equally."""

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One half for every step."""
        return [[0.5] * len(request.steps) for request in requests]
