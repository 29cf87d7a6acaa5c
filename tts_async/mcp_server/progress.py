"""How far the searches of a call are, told to the client now and then."""

from collections.abc import Awaitable, Callable
from typing import Final

from tts_async.observe.headway import Headway
from tts_async.types.events import Event, SearchFinished

INTERVAL_SECONDS: Final = 0.25

Report = Callable[[float, float | None, str | None], Awaitable[None]]
"""Sends progress, total and message to the client, if it asked for that."""


class Progress:
    """Takes the events of ``searches`` searches, which run side by side, and reports their sum.

    The number that is reported is that of the requests that were answered: it only grows, as the
    protocol wants it, and nobody knows its end.
    """

    def __init__(self, report: Report, searches: int = 1) -> None:
        self._report = report
        self._searches = searches
        self._done = 0
        self._steps = 0
        self._headway = Headway()
        self._told = (0, 0.0)

    async def take(self, event: Event) -> None:
        """Take note, and tell the client if it has not heard for a while."""
        ended = isinstance(event, SearchFinished)
        self._done += ended
        self._steps += self._headway.take(event) or ended
        steps, at = self._told
        if self._steps > steps and (steps == 0 or event.at - at >= INTERVAL_SECONDS):
            self._told = (self._steps, event.at)
            await self._report(float(self._steps), None, str(self))

    def __str__(self) -> str:
        done = f"{self._done} of {self._searches} searches done, " if self._searches > 1 else ""
        return f"{done}{self._headway}"
