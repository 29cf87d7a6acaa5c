"""The command ``tts-async``.

Exit codes: 0 fine, 1 a failed run, 2 wrong use, 130 after Ctrl-C. Results go to stdout,
everything else to stderr.
"""

import sys


def main() -> None:
    """Run the command with the arguments of the process."""
    try:
        from tts_async.cli.app import app
    except KeyboardInterrupt:  # loading takes long enough to be interrupted
        sys.exit(130)
    app(prog_name="tts-async")
