"""The command with a parrot for a model: ``python tests/cli/parrot_command.py solve "say 7"``.

What is replaced is the last step, the making of generator and verifier; all else is as it is.
"""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.evaluation.parrot import Listener, Parrot
from tts_async.solver import Solver


def make_parrot(**arguments: Any) -> Solver:
    """In the place of ``Solver`` where the command makes one."""
    arguments.update(generator=Parrot(), base_url=None, model=None, api_key=None)
    if arguments["verifier"] is not None:
        arguments["verifier"] = Listener()
    return Solver(**arguments)


if __name__ == "__main__":
    from tts_async.cli import main

    with patch("tts_async.cli.models.Solver", make_parrot):
        main()
