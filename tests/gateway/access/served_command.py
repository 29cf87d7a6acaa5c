"""The command with random trees for a model, which waits for the file that a problem names."""

import asyncio
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[3]))

from tts_async import GenerationRequest, Step
from tts_async.cli import main
from tts_async.solver import Solver
from tts_async.testing import RandomGenerator


class Waiting(RandomGenerator):
    """Draws when the file is there."""

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """What ``RandomGenerator`` says, later."""
        while not Path(request.problem.text).exists():  # noqa: ASYNC110, ASYNC240 - a test's word
            await asyncio.sleep(0.01)
        return await super().generate(request)


def make_waiting(**arguments: Any) -> Solver:
    """In the place of ``Solver`` where the command makes one."""
    arguments.update(base_url=None, model=None, verifier=None, strategy="greedy")
    return Solver(**{**arguments, "generator": Waiting()})


if __name__ == "__main__":
    with patch("tts_async.cli.models.Solver", make_waiting):
        main()
