"""The event stream of a solver, for any number of live views."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from copy import copy
from typing import Final

from tts_async.observe.hub.changes import Changes
from tts_async.observe.hub.frames import Frame, LaneRecord, MachineRecord, TreeRecord
from tts_async.observe.hub.token_rate import TokenRate
from tts_async.observe.hub.watched_search import WatchedSearch
from tts_async.types.events import Event, ExpansionFinished, SearchStarted

FRAME_SECONDS: Final = 0.1
"""Between two frames at least; what happens in between arrives together."""
MANY_VIEWERS: Final = 20
"""From so many on they share the frames of so many: looking on must not slow the searches down."""
MACHINE_SECONDS: Final = 0.5
"""Between two looks at the lanes; also how often a frame comes when nothing happens."""
KEPT: Final = 40
"""Searches that have ended and can still be looked at."""

Lanes = Callable[[], Sequence[LaneRecord]]
Sees = Callable[[str], bool]
"""Whether somebody may look at the searches of a tenant."""


class EventHub:
    """An observer that keeps the running searches, and the latest that ended, in view.

    It holds the newest state and no events: a subscriber is one number, the version it has seen,
    however slow it is. What it keeps is bounded: ``KEPT`` searches that have ended, and of each
    search a bounded tree. Of the ended ones, those of the tenant that has most are dropped first.
    Never raises.
    """

    def __init__(self) -> None:
        self._searches: dict[int, WatchedSearch] = {}
        self._ended: dict[int, str] = {}
        self._changes = Changes()
        self._version = 0
        self._forgotten_at = 0
        self._rate = TokenRate()
        self._lanes: Lanes | None = None
        self._viewers = 0
        self._is_closed = False

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):
            self._take(event)

    def watch(self, lanes: Lanes) -> None:
        """Ask there how full the lanes are."""
        self._lanes = lanes

    async def subscribe(
        self, *, sees: Sees = lambda _: True, tree_of: int | None = None
    ) -> AsyncGenerator[Frame, None]:
        """Frames: first everything, then what has changed.

        At most ten a second, and fewer where many look on; a reader may take its time. ``sees``
        says whose searches; ``tree_of`` is the search whose tree comes along, where it may be
        seen. Ends when the hub is closed.
        """
        loop = asyncio.get_running_loop()
        seen, machine_at = 0, float("-inf")
        self._viewers += 1
        try:
            while not self._is_closed:
                now = loop.time()
                is_due = now - machine_at >= MACHINE_SECONDS
                if is_due or self._version > seen:
                    frame = self._frame(seen, now, sees, tree_of)
                    if is_due:
                        frame.machine, machine_at = self._machine(now), now
                    seen = self._version  # before the reader has its turn: what comes then is new
                    if is_due or frame.searches or frame.known is not None or frame.tree:
                        yield frame
                await asyncio.sleep(FRAME_SECONDS * max(1.0, self._viewers / MANY_VIEWERS))
        finally:
            self._viewers -= 1

    def close(self) -> None:
        """End all subscriptions."""
        self._is_closed = True

    def _take(self, event: Event) -> None:
        self._version += 1
        if isinstance(event, SearchStarted):
            self._searches[event.search] = WatchedSearch(event)
        if isinstance(event, ExpansionFinished):
            self._rate.add(sum(child.tokens for child in event.children), event.at)
        search = self._searches.get(event.search)
        if search is None:
            return
        self._changes.note(event.search, self._version)
        search.take(event, self._version)
        if not search.running:
            self._ended[event.search] = search.tenant
            if len(self._ended) > KEPT:
                self._forget_one()

    def _forget_one(self) -> None:
        """The oldest of the tenant that has most, so that no one pushes out the others."""
        most, _ = Counter(self._ended.values()).most_common(1)[0]
        oldest = next(search for search, tenant in self._ended.items() if tenant == most)
        del self._ended[oldest], self._searches[oldest]
        self._changes.forget(oldest)
        self._forgotten_at = self._version

    def _frame(self, seen: int, now: float, sees: Sees, tree_of: int | None) -> Frame:
        changed = [self._searches[search] for search in self._changes.since(seen)]
        frame = Frame(
            at=now,
            searches=[copy(search.record) for search in changed if sees(search.tenant)][::-1],
        )
        if self._forgotten_at > seen or not seen:
            frame.known = [
                number for number, search in self._searches.items() if sees(search.tenant)
            ]
        frame.tree = self._tree(seen, sees, tree_of)
        return frame

    def _tree(self, seen: int, sees: Sees, tree_of: int | None) -> TreeRecord | None:
        search = None if tree_of is None else self._searches.get(tree_of)
        return None if search is None or not sees(search.tenant) else search.tree(seen)

    def _machine(self, now: float) -> MachineRecord:
        lanes: Sequence[LaneRecord] = ()
        with suppress(Exception):  # the solver may be closed
            lanes = self._lanes() if self._lanes else ()
        return MachineRecord(lanes=[*lanes], tokens=self._rate.last_minute(now))
