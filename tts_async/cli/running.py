"""How a command ends: exit codes, error lines, and what Ctrl-C does.

The first Ctrl-C (or SIGTERM) cancels the main task, so that everything is closed and what was
finished is written; the second ends the process at once. Worker processes notice the end of their
pipe, so even then none stays behind.
"""

import asyncio
import errno
import os
import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar

import typer

from tts_async.errors import ConfigurationError, DatasetError, TTSError
from tts_async.observe.tree import printable

T = TypeVar("T")

FAILED: Final = 1
WRONG_USE: Final = 2
SIGNAL_BASE: Final = 128
"""A process that ends by a signal reports this plus the signal's number: 130 for Ctrl-C."""
ECHO_SECONDS: Final = 0.3
"""A second signal so soon is the first one's echo: ``timeout`` sends to process and group."""

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a full quota, a file beyond the limit: wherever that happens, no bug of ours."""

_SHOW_CURSOR = b"\x1b[?25h"


class Interrupted(Exception):
    """A signal ended the run."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what goes wrong inside into one line on stderr and the exit code for it."""
    try:
        yield
    except DatasetError as error:
        for line in str(error).splitlines():  # one for each kind of bad row
            say(f"error: {line}")
        raise typer.Exit(WRONG_USE) from error
    except ConfigurationError as error:
        say(f"error: {error}")
        raise typer.Exit(WRONG_USE) from error
    except TTSError as error:
        say(f"error: {error}")
        raise typer.Exit(FAILED) from error
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        say(f"error: {error.strerror}: {error.filename or 'what was to be written is not whole'}")
        raise typer.Exit(FAILED) from error
    except Interrupted as interruption:
        say("interrupted")
        raise typer.Exit(SIGNAL_BASE + interruption.number) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(SIGNAL_BASE + signal.SIGINT) from None


def say(message: str) -> None:
    """One line on stderr, without the control codes that names and texts of others may hold."""
    typer.echo(f"tts-async: {printable(' '.join(message.split()))}", err=True)


def run_interruptible(main: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` that raises ``Interrupted`` after the first signal and obeys the second."""
    interrupts = _Interrupts()

    async def supervised() -> T:
        with interrupts.cancelling(asyncio.current_task()):
            return await main

    try:
        return asyncio.run(supervised())
    except (asyncio.CancelledError, TTSError):  # a worker may die of the signal before we cancel
        if interrupts.number is None:
            raise
        raise Interrupted(interrupts.number) from None


class _Interrupts:
    def __init__(self) -> None:
        self.number: int | None = None
        self._since = 0.0

    @contextmanager
    def cancelling(self, task: "asyncio.Task[Any] | None") -> Iterator[None]:
        """While inside, signals go to the task; only the main thread can hear them."""
        if task is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()

        def on_signal(number: int, _: FrameType | None) -> None:
            if self.number is not None:
                if time.monotonic() - self._since > ECHO_SECONDS:
                    _leave(number)
                return
            self.number, self._since = number, time.monotonic()
            loop.call_soon_threadsafe(task.cancel)  # the call also wakes the loop up

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _leave(number: int) -> None:
    if os.isatty(2):
        os.write(2, _SHOW_CURSOR)  # a progress bar hides it
    os._exit(SIGNAL_BASE + number)
