"""The child's side of a worker process.

A thread reads the pipe all the time, so that a child in the middle of a long computation still
notices at once when its parent closes the pipe or dies: it then exits without ceremony.
"""

import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from tts_async.worker import frames


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the parent, to be answered by ``reply`` or ``fail`` with its ``id``."""

    id: int
    payload: Any


@dataclass(frozen=True, slots=True)
class Cancel:
    """The parent no longer wants the answer to call ``id``; no reply is expected."""

    id: int


Message = Call | Cancel

BEAT_SECONDS = 0.1
"""A child that works says so no more often than this."""


class Channel:
    """Receives messages from the parent and answers them."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._last_sent = 0.0
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="parent-pipe", daemon=True).start()

    def ready(self, info: Any = None) -> None:
        """Tell the parent that calls may come; ``info`` is what its ``start`` returns."""
        self._send(("ready", info))

    def receive(self, *, timeout: float | None = None) -> Message:
        """The next message; raises ``queue.Empty`` after ``timeout`` seconds without one."""
        return self._inbox.get(timeout=timeout)

    def pending(self) -> Iterator[Message]:
        """The messages that are here already, without waiting."""
        while True:
            try:
                yield self._inbox.get_nowait()
            except queue.Empty:
                return

    def reply(self, call_id: int, value: Any) -> None:
        """Answer a call."""
        self._send(("reply", call_id, value))

    def fail(self, call_id: int, error: BaseException) -> None:
        """Answer a call with an exception, which is raised in the parent (it must pickle)."""
        self._send(("fail", call_id, error))

    def beat(self) -> None:
        """A sign of life, from the thread that does the work, between two pieces of it."""
        if time.monotonic() - self._last_sent > BEAT_SECONDS:
            self._send(("beat",))

    def _send(self, message: Any) -> None:
        self._outgoing.write(frames.encode(message))
        self._outgoing.flush()
        self._last_sent = time.monotonic()

    def _read(self) -> None:
        try:
            while True:
                kind, *parts = frames.read(self._incoming)
                self._inbox.put(Call(*parts) if kind == "call" else Cancel(*parts))
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone: nobody is left to answer or to report to
