"""The command with random trees for a model, which takes as many seconds as the problem says."""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[3]))

from tts_async.cli import main
from tts_async.solver import Solver
from tts_async.testing import RandomGenerator


def make_timed(**arguments: Any) -> Solver:
    """In the place of ``Solver`` where the command makes one."""
    arguments.update(base_url=None, model=None, verifier=None, strategy="greedy")
    generator = RandomGenerator(delay=lambda request: float(request.problem.text))
    return Solver(**{**arguments, "generator": generator})


if __name__ == "__main__":
    with patch("tts_async.cli.models.Solver", make_timed):
        main()
