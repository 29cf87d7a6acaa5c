"""A stand-in for the math process: equal means equal in lower case; some words misbehave."""

import os
import time

from tts_async.worker import Call, Channel


def serve(channel: Channel) -> None:
    """``sleep`` never comes back, ``die`` ends the process; trials of both pass."""
    channel.ready()
    while True:
        message = channel.receive()
        if not isinstance(message, Call):
            continue
        match message.payload:
            case (_,):
                channel.reply(message.id, True)
            case ("sleep", _) | (_, "sleep"):
                time.sleep(60)
            case ("die", _) | (_, "die"):
                os._exit(3)
            case (a, b):
                channel.reply(message.id, a.lower() == b.lower())


def cannot_start(channel: Channel) -> None:
    """Lack a package."""
    raise ModuleNotFoundError("No module named 'math_verify'")
