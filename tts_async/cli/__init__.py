"""The command ``tts-async``.

Exit codes: 0 fine, 1 a failed run, 2 wrong use, 130 after Ctrl-C. Results go to stdout,
everything else to stderr.
"""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command with the arguments of the process."""
    _open_streams()
    try:
        from tts_async.cli.app import app

        app(prog_name="tts-async")
    except KeyboardInterrupt:  # loading takes long enough to be interrupted
        sys.exit(130)


def _open_streams() -> None:
    """Put nothing in the place of standard streams that are closed.

    Otherwise the next file opened would get the number of one, and what is printed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115
