"""A line that shows a single search at work, on terminals only."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console

from tts_async.observe.tally import Tally
from tts_async.types.events import Event, ExpansionStarted, ScoringStarted, SearchStarted

REFRESH_SECONDS = 0.1


class Activity:
    """An observer and context manager: a spinner with what goes on, gone when it ends.

    Writes to stderr unless given another ``console``, and nothing at all where that is not a
    terminal. Never raises.
    """

    def __init__(self, *, console: Console | None = None) -> None:
        self.tally = Tally()
        self._status = (console or Console(stderr=True)).status("starting the models")
        self._shown = 0.0

    def __enter__(self) -> Self:
        with suppress(Exception):
            if self._status.console.is_terminal:
                self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(Exception):
            self._status.stop()

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):
            self.tally.take(event)
            now = time.monotonic()
            if now - self._shown >= REFRESH_SECONDS and (doing := _doing(event)):
                self._shown = now
                self._status.update(f"{doing} · {self.tally.tokens:,} tokens")


def _doing(event: Event) -> str | None:
    match event:
        case SearchStarted() | ExpansionStarted():
            return "generating"
        case ScoringStarted():
            return "scoring"
        case _:
            return None
