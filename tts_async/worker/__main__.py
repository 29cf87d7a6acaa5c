"""What a worker process runs: ``python -m tts_async.worker package.module:function``."""

import importlib
import os
import signal
import sys
import traceback

from tts_async.errors import describe
from tts_async.worker import frames
from tts_async.worker.channel import Channel


def main() -> None:
    """Set up the pipe, load the target and hand it the channel and its configuration."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the pipe
    config = frames.read(incoming)
    module, _, function = sys.argv[1].partition(":")
    try:
        getattr(importlib.import_module(module), function)(Channel(incoming, outgoing), **config)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        traceback.print_exc()
        outgoing.write(frames.encode(("broken", describe(error))))
        outgoing.flush()


if __name__ == "__main__":
    main()
