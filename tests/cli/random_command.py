"""The command with random trees for a model, and a list of everything that was drawn.

As ``parrot_command.py``; the file named by ``DRAWN`` gets a line for every request that was
answered, whatever happens to the process later.
"""

import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

from tts_async.seeds import derive_rng
from tts_async.solver import Solver
from tts_async.testing import RandomGenerator, ScriptedVerifier
from tts_async.types.generation import GenerationRequest, Step


class Listed(RandomGenerator):
    """Takes a moment for each request, and writes down what it was."""

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As a ``RandomGenerator`` does."""
        steps = await super().generate(request)
        line = f"{request.seed} {request.n} {request.steps!r}\n"
        handle = os.open(os.environ["DRAWN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)
        return steps


def make_random(**arguments: Any) -> Solver:
    """In the place of ``Solver`` where the command makes one."""
    verifier = ScriptedVerifier(lambda step: derive_rng(0, step).random())
    arguments.update(generator=Listed(delay=0.004, capacity=16), base_url=None, model=None)
    return Solver(**{**arguments, "verifier": verifier})


if __name__ == "__main__":
    from tts_async.cli import main

    sys.modules["matplotlib.figure"] = None  # type: ignore[assignment] # pictures take seconds
    with patch("tts_async.cli.models.Solver", make_random):
        main()
