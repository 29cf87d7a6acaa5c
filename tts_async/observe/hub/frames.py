"""What a live view is told: the one place where its JSON is described.

A stream is a row of frames. The first one holds everything there is; each later one what has
changed since, always in its newest state and never the way there. So frames may be as far apart
as the reader is slow: nothing piles up for it, and nothing is missing when it has caught up.

Fields at their default are left out of the JSON. Times are seconds of the event loop's clock.
"""

from typing import Any, Literal

import msgspec

SearchState = Literal["running", "finished", "failed", "cancelled"]


class SearchRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A search in a line.

    ``problem`` and ``strategy`` are cut where they are long. ``user`` is what the request's field
    of that name said, by which a client finds the search it asked for. ``tokens``, ``nodes``,
    ``depth`` and ``answers`` count what has come so far. ``best`` is the best score of a finished
    answer and, as long as there is none, of the newest steps. ``begun``: it has had slots; until
    then it waits. ``error`` is only the kind of it.
    """

    search: int
    problem: str
    strategy: str
    started: float
    user: str | None = None
    state: SearchState = "running"
    ended: float | None = None
    begun: bool = False
    tokens: int = 0
    nodes: int = 0
    depth: int = 0
    answers: int = 0
    best: float | None = None
    answer: str | None = None
    confidence: float | None = None
    stop_reason: str | None = None
    error: str | None = None


class NodeRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A node of the tree that is watched.

    ``number`` counts the nodes of a search in the order in which they came, so a parent's is
    always below its children's; ``parent`` is -1 below the root. ``place``: its ordinal among its
    siblings. ``steps``: the steps of its text, each after its own score. ``growing``: so many
    continuations of it are being drawn. ``pruned``: the search went on without it.
    """

    number: int
    parent: int
    place: int
    finish: str
    tokens: int
    steps: list[tuple[float | None, str]]
    score: float | None = None
    growing: int = 0
    pruned: bool = False


class CandidateRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """An answer that stood for election: at which node, in which group of votes, what it says."""

    number: int
    group: int | None = None
    answer: str | None = None


class VotesRecord(msgspec.Struct, kw_only=True):
    """A group of equal answers."""

    answer: str
    count: int
    weight: float


class OutcomeRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """How the search that is watched ended.

    ``stood``: how many candidates there were; ``candidates`` are those whose nodes are shown.
    ``winner``: the node the answer comes from. ``mathml``: answers that plain text does not do
    justice, each as nested lists ``[element, attributes, child, …]``.
    """

    stood: int
    candidates: list[CandidateRecord]
    votes: list[VotesRecord]
    spend: dict[str, float]
    seed: int
    winner: int | None = None
    mathml: dict[str, list[Any]] = {}


class TreeRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The tree that is watched: the nodes that are new or have changed.

    ``growing``: so many first steps are being drawn. A huge search shows only its first nodes;
    ``SearchRecord.nodes`` counts all of them.
    """

    search: int
    nodes: list[NodeRecord]
    growing: int = 0
    outcome: OutcomeRecord | None = None


class LaneRecord(msgspec.Struct, kw_only=True):
    """How full something is at this moment: a lane in sequences, or the gateway in searches."""

    name: str
    capacity: int
    in_use: int
    queued: int


class MachineRecord(msgspec.Struct, kw_only=True):
    """How busy everything is, whoever keeps it busy.

    ``tokens``: how many arrived in each of the last 60 seconds, the newest last.
    """

    lanes: list[LaneRecord]
    tokens: list[int]


class Frame(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What has changed since the frame before.

    ``known`` is there when searches were forgotten, and names all that are left.
    """

    at: float
    searches: list[SearchRecord] = []
    known: list[int] | None = None
    tree: TreeRecord | None = None
    machine: MachineRecord | None = None
