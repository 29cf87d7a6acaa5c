"""What happens during a search, one frozen record per transition.

Logs, progress bars, live views and traces are consumers of these and of nothing else. ``at`` is
the event loop's clock in seconds; ``problem_id`` says which problem is searched, and ``search``
which search of it: a number that no two searches of a solver share. ``path`` is the node an
expansion continues.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tts_async.types.node import Node, Path
from tts_async.types.problem import Problem
from tts_async.types.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one search."""

    problem_id: str
    search: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStarted(Event):
    """The strategy begins to run."""

    problem: Problem
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionQueued(Event):
    """``k`` continuations of a node were asked for; they wait for slots."""

    path: Path
    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionStarted(Event):
    """The slots were granted; the generator works."""

    path: Path
    k: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionFinished(Event):
    """The continuations arrived. ``detached`` ones (lookahead) are not part of the tree."""

    path: Path
    children: tuple[Node, ...]
    detached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringQueued(Event):
    """``paths`` paths wait for the verifier."""

    paths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringStarted(Event):
    """The verifier works on them."""

    paths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringFinished(Event):
    """Their scores arrived."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFinished(Event):
    """The search ended with a result, an answer in it or not."""

    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFailed(Event):
    """The search ended with an error."""

    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCancelled(Event):
    """Whoever asked no longer wants the answer."""


Observer = Callable[[Event], None]
"""Takes every event, in the event loop: it must return at once and must not raise."""
