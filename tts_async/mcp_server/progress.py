"""How far the searches of a call are, told to the client now and then."""

from collections.abc import Awaitable, Callable
from typing import Final

from tts_async.types.events import Event, ExpansionFinished, ScoringFinished, SearchFinished

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
        self._tokens = 0
        self._depth = 0
        self._candidates = 0
        self._best: float | None = None
        self._told = (0, 0.0)

    async def take(self, event: Event) -> None:
        """Take note, and tell the client if it has not heard for a while."""
        match event:
            case ExpansionFinished(children=children, detached=detached):
                self._steps += 1
                self._tokens += sum(child.tokens for child in children)
                if not detached:
                    self._depth = max(self._depth, *(child.depth for child in children))
                    self._candidates += sum(child.finished for child in children)
            case ScoringFinished(nodes=nodes):
                self._steps += 1
                scores = [node.score for node in nodes if node.score is not None]
                self._best = max([*scores, *([] if self._best is None else [self._best])])
            case SearchFinished():
                self._steps += 1
                self._done += 1
        steps, at = self._told
        if self._steps > steps and (steps == 0 or event.at - at >= INTERVAL_SECONDS):
            self._told = (self._steps, event.at)
            await self._report(float(self._steps), None, str(self))

    def __str__(self) -> str:
        parts = [f"{self._done} of {self._searches} searches done"] if self._searches > 1 else []
        parts += [f"depth {self._depth}", f"{self._candidates} candidates"]
        if self._best is not None:
            parts.append(f"best score {self._best:.2f}")
        return ", ".join([*parts, f"{self._tokens:,} tokens"])
