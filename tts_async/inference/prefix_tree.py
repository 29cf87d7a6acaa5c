"""Which tokens of earlier paths are still in memory, and where.

A radix tree over token ids: every edge holds ids and, for each, the number of the slot that keeps
what was computed for it; paths with a common beginning share its edges. The tree knows no steps:
siblings that differ only in their last digit share everything before it, and one problem's prompt
is there once.

Two invariants. Between batches no more than ``kept`` slots are taken: ``insert`` may go beyond it
by ``room`` while a batch is put together (so it never evicts what the batch itself needs), and
``trim`` ends the batch by evicting the edges that were not used for longest. In the line of
eviction a parent stands behind all of its children, since a path is touched from its end to its
beginning; what is foremost is therefore a leaf, and nothing ever loses its beginning.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int64]


class Insertion(NamedTuple):
    """The slot of every token of a path; the first ``known`` hold something already."""

    slots: Slots
    known: int


@dataclass(eq=False, slots=True)
class _Edge:
    ids: tuple[int, ...]
    slots: Slots
    parent: "_Edge | None"
    children: "dict[int, _Edge]" = field(default_factory=dict)
    """By their first id."""


class PrefixTree:
    """Hands out slots 0 to ``kept + room - 1``, one per token of a different beginning."""

    def __init__(self, *, kept: int, room: int) -> None:
        self.kept, self.room = kept, room
        self.evicted = 0
        self._free = np.arange(kept + room)[::-1].copy()  # a stack; low numbers on top
        self._frees = kept + room
        self._root = _Edge((), np.arange(0), None)
        self._line: OrderedDict[_Edge, None] = OrderedDict()

    @property
    def used(self) -> int:
        """Slots taken now."""
        return len(self._free) - self._frees

    def missing(self, ids: tuple[int, ...]) -> int:
        """How many slots ``insert`` would take."""
        edge, depth = self._root, 0
        while depth < len(ids) and (child := edge.children.get(ids[depth])):
            shared = _shared(child.ids, ids[depth:])
            depth += shared
            if shared < len(child.ids):
                break
            edge = child
        return len(ids) - depth

    def insert(self, ids: tuple[int, ...]) -> Insertion:
        """Take slots for the tokens that are new; the path is now the most recently used.

        At most ``room`` slots may be taken between two calls of ``trim``.
        """
        edge, depth, known = self._root, 0, len(ids)
        path: list[_Edge] = []
        while depth < len(ids):
            child = edge.children.get(ids[depth])
            if child is None:
                known = depth
                child = self._grow(edge, ids[depth:])
            elif (shared := _shared(child.ids, ids[depth:])) < len(child.ids):
                child = _split(child, shared)
            path.append(child)
            edge = child
            depth += len(child.ids)
        for edge in reversed(path):
            self._line[edge] = None
            self._line.move_to_end(edge)
        return Insertion(np.concatenate([self._root.slots, *(edge.slots for edge in path)]), known)

    def trim(self) -> None:
        """Evict what was not used for longest until no more than ``kept`` slots are taken."""
        while self.used > self.kept:
            edge, _ = self._line.popitem(last=False)
            assert edge.parent is not None
            assert not edge.children
            del edge.parent.children[edge.ids[0]]
            self._free[self._frees : self._frees + len(edge.slots)] = edge.slots
            self._frees += len(edge.slots)
            self.evicted += len(edge.slots)

    def _grow(self, parent: _Edge, ids: tuple[int, ...]) -> _Edge:
        assert len(ids) <= self._frees, "more than ``room`` tokens since the last trim"
        self._frees -= len(ids)
        slots = self._free[self._frees : self._frees + len(ids)].copy()
        parent.children[ids[0]] = child = _Edge(ids, slots, parent)
        return child

    def __repr__(self) -> str:
        return f"<PrefixTree {self.used} of {self.kept} tokens in {len(self._line)} edges>"


def _split(edge: _Edge, length: int) -> _Edge:
    """Cut an edge in two; the upper part, of that length, which the caller puts in line."""
    parent = edge.parent
    assert parent is not None
    upper = _Edge(edge.ids[:length], edge.slots[:length], parent)
    parent.children[upper.ids[0]] = upper
    edge.ids, edge.slots, edge.parent = edge.ids[length:], edge.slots[length:], upper
    upper.children[edge.ids[0]] = edge
    return upper


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(i for i in count() if one[i] != other[i])
