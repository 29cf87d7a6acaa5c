"""What the worker processes of these tests run."""

import os
import time
from pathlib import Path
from typing import NoReturn

from tts_async.worker import Call, Cancel, Channel


def serve(channel: Channel, greeting: str = "hello") -> NoReturn:
    """Echo; ``die`` kills the process, ``fail`` raises, ``sleep`` waits for its cancellation."""
    channel.ready(greeting)
    cancelled: list[int] = []
    while True:
        message = channel.receive()
        match message:
            case Cancel(id=number):
                cancelled.append(number)
            case Call(id=number, payload="die"):
                os._exit(3)
            case Call(
                id=number,
                payload="die once",
            ) if not Path(greeting).exists():
                Path(greeting).touch()
                os._exit(3)
            case Call(id=number, payload="fail"):
                channel.fail(number, ValueError("as asked"))
            case Call(id=number, payload="sleep"):
                pass
            case Call(id=number, payload="cancelled"):
                channel.reply(number, list(cancelled))
            case Call(id=number, payload=payload):
                print("a library that prints")  # noqa: T201
                channel.reply(number, payload)


def work(channel: Channel) -> NoReturn:
    """Be busy for the seconds of the call, with signs of life; negative ones are without."""
    channel.ready()
    while True:
        message = channel.receive()
        if isinstance(message, Call):
            end = time.monotonic() + abs(message.payload)
            while time.monotonic() < end:
                time.sleep(0.02)
                if message.payload > 0:
                    channel.beat()
            channel.reply(message.id, "done")


def never_ready(channel: Channel) -> None:
    """Take for ever to load."""
    time.sleep(60)


def cannot_load(channel: Channel) -> None:
    """Fail to load."""
    raise FileNotFoundError("no weights here")
