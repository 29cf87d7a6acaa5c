"""Searches and their requests to the models, put together from the events that tell of them.

An event says what a request is about and not which one it is. Here the events of a request find
each other, for all that count requests, time them or draw them.
"""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from itertools import chain
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar

from tts_async.types.events import (
    Event,
    ExpansionFinished,
    ExpansionQueued,
    ExpansionStarted,
    ScoringFinished,
    ScoringQueued,
    ScoringStarted,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)

S = TypeVar("S")
R = TypeVar("R")

Asked = ExpansionQueued | ScoringQueued
Granted = ExpansionStarted | ScoringStarted
Answered = ExpansionFinished | ScoringFinished
Ended = SearchFinished | SearchFailed | SearchCancelled


class Follower(Protocol[S, R]):
    """What becomes of searches and of requests, which it may know as anything it likes."""

    def begin(self, event: SearchStarted) -> S:
        """A search begins."""
        ...

    def ask(self, search: S, event: Asked) -> R | None:
        """It asks a model; ``None`` is for a request that need not be followed."""
        ...

    def grant(self, search: S, request: R, event: Granted) -> None:
        """The request has its slots: from here on the model works on it."""
        ...

    def answer(self, search: S, request: R | None, event: Answered) -> None:
        """Here is the answer; without slots when nobody had to be asked, as with a journal."""
        ...

    def end(self, search: S, unanswered: Sequence[R], event: Ended) -> None:
        """The search is over, however that came, and with it what it still waited for."""
        ...


class Following(Generic[S, R]):
    """An observer that tells a follower. Never raises: what looks on is not worth a search.

    It holds the searches under way and none that has ended. Events of searches whose start it did
    not see are left out.
    """

    def __init__(self, follower: Follower[S, R]) -> None:
        self._follower = follower
        self._searches: dict[int, _Open[S, R]] = {}

    def __len__(self) -> int:
        return len(self._searches)

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):
            self._take(event)

    def _take(self, event: Event) -> None:
        if type(event) in _STEPS:  # most are
            step, key = _STEPS[type(event)]
            step(self._follower, self._searches[event.search], event, key(event))
        elif isinstance(event, SearchStarted):
            self._searches[event.search] = _Open(self._follower.begin(event))
        elif isinstance(event, Ended):
            of = self._searches.pop(event.search)
            unanswered = [*chain(*of.queued.values(), *of.running.values())]
            self._follower.end(of.search, unanswered, event)


class _Open(Generic[S, R]):
    """A search under way and its requests."""

    __slots__ = ("queued", "running", "search")

    def __init__(self, search: S) -> None:
        self.search = search
        self.queued: _Lines[R] = _Lines()
        self.running: _Lines[R] = _Lines()


class _Lines(dict[Hashable, list[R]]):
    """Requests by what their next event will say of them.

    Two that say the same of themselves are taken in the order in which they came: the events do
    not tell them apart, and sums over them are the same either way.
    """

    __slots__ = ()

    def put(self, key: Hashable, request: R) -> None:
        self.setdefault(key, []).append(request)

    def take(self, key: Hashable) -> R | None:
        line = self.get(key)
        if line is None:
            return None
        if len(line) == 1:
            del self[key]
        return line.pop(0)


def _ask(follower: Follower[S, R], of: _Open[S, R], event: Asked, key: Hashable) -> None:
    request = follower.ask(of.search, event)
    if request is not None:
        of.queued.put(key, request)


def _grant(follower: Follower[S, R], of: _Open[S, R], event: Granted, key: Hashable) -> None:
    request = of.queued.take(key)
    if request is not None:
        of.running.put(key, request)
        follower.grant(of.search, request, event)


def _answer(follower: Follower[S, R], of: _Open[S, R], event: Answered, key: Hashable) -> None:
    request = of.running.take(key) or of.queued.take(key)
    follower.answer(of.search, request, event)


_Step = Callable[[Any, Any, Any, Hashable], None]
_STEPS: Final[dict[type[Event], tuple[_Step, Callable[[Any], Hashable]]]] = {
    ExpansionQueued: (_ask, attrgetter("path", "k")),
    ExpansionStarted: (_grant, attrgetter("path", "k")),
    ExpansionFinished: (_answer, lambda event: (event.path, len(event.children))),
    ScoringQueued: (_ask, attrgetter("paths")),
    ScoringStarted: (_grant, attrgetter("paths")),
    ScoringFinished: (_answer, lambda event: len(event.nodes)),
}
"""What is done with an event of a request, and what it says of itself."""
