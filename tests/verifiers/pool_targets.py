"""What the children of these tests run instead of a reward model, or around it."""

import os
import resource
import signal
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from tts_async.inference import score
from tts_async.inference.wire import STATISTICS
from tts_async.verifiers.local import LocalVerifierStatistics
from tts_async.worker import Call, Channel

POISON, QUICKSAND = "poison", "quicksand"
"""Texts that kill the child, and that stop it."""


def lengths(channel: Channel, **_config: Any) -> NoReturn:
    """Score a step with its length."""
    channel.ready({"context_length": 512})
    while True:
        message = channel.receive()
        if isinstance(message, Call) and message.payload == STATISTICS:
            channel.reply(message.id, {field.name: 0 for field in fields(LocalVerifierStatistics)})
        elif isinstance(message, Call):
            text = "".join(step for _, steps in message.payload.paths for step in steps)
            if POISON in text:
                os.kill(os.getpid(), signal.SIGKILL)
            if QUICKSAND in text:
                os.kill(os.getpid(), signal.SIGSTOP)
            scores = [[len(step) / 100 for step in steps] for _, steps in message.payload.paths]
            channel.reply(message.id, scores)


def starved(channel: Channel, **config: Any) -> None:
    """A real reward model that, once loaded, may take only a little more memory."""
    ready = channel.ready

    def ready_and_starving(info: Any) -> None:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + 24 * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        ready(info)

    channel.ready = ready_and_starving  # type: ignore[method-assign]
    score(channel, **config)
