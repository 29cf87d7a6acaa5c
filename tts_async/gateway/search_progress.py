"""How far a request's search is, for those who tell of it."""

import asyncio

from tts_async.observe.headway import Headway
from tts_async.types.events import Event, SearchFinished


class SearchProgress:
    """Fed with the events of one search; a slow reader misses states, never the newest.

    ``changed`` is set whenever there is something new to tell.
    """

    def __init__(self) -> None:
        self.stop_reason: str | None = None
        self.changed = asyncio.Event()
        self._headway = Headway()

    @property
    def tokens(self) -> int:
        """What was generated so far."""
        return self._headway.tokens

    def watch(self, event: Event) -> None:
        """Take note of what happened."""
        if isinstance(event, SearchFinished):  # the last word, speculation included
            spend = event.result.spend
            self._headway.tokens = spend.tokens + spend.wasted_tokens
            self.stop_reason = event.result.stop_reason
        elif not self._headway.take(event):
            return
        self.changed.set()

    def __str__(self) -> str:
        return str(self._headway)
