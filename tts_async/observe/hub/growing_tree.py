"""The tree of a search that is under way, bounded, as one looks at it."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Final

from tts_async.observe.hub.changes import Changes
from tts_async.observe.hub.frames import NodeRecord
from tts_async.observe.hub.text import shown
from tts_async.steps import split_steps
from tts_async.types.node import Node, Path

MOST_NODES: Final = 4_000
MOST_CHARACTERS: Final = 400_000
"""Of all nodes together."""
LONGEST_NODE: Final = 8_000
"""Characters of a single one: a whole answer may be one node."""
DIGITS: Final = 4


class GrowingTree:
    """The first nodes of a search, numbered as they come.

    No event says that a branch is given up, and none is needed: a step that has its score, and at
    whose depth the search went on with another one, was passed over. Should the search come back to
    it, it is no longer.
    """

    def __init__(self) -> None:
        self.growing = 0
        """Continuations of the root that are being drawn."""
        self.changed_at = 0
        """The version of the latest change."""
        self._nodes: list[NodeRecord] = []
        self._numbers: dict[Path, int] = {}
        self._changes = Changes()
        self._open: dict[int, set[Path]] = {}
        self._left = MOST_CHARACTERS

    def asked(self, path: Path, k: int, version: int) -> None:
        """``k`` continuations of a node were asked for."""
        self.changed_at = version
        if not path:
            self.growing += k
        elif (node := self._find(path)) is not None:
            node.growing += k
            self._note(node, version)
            if node.score is not None:
                self._pass_over(path, version)
                node.pruned = False

    def grew(self, path: Path, k: int, children: Iterable[Node], version: int) -> None:
        """``k`` of them came, of which ``children`` belong to the tree."""
        self.changed_at = version
        if not path:
            self.growing = max(0, self.growing - k)
        elif (node := self._find(path)) is not None:
            node.growing = max(0, node.growing - k)
            self._note(node, version)
        self.put(children, version)

    def put(self, nodes: Iterable[Node], version: int) -> None:
        """New nodes, a parent before its children; with or without scores."""
        for node in nodes:
            record = self._add(node)
            if record is not None:
                self._note(record, version)
                self._see_score(record, node)

    def put_scores(self, nodes: Iterable[Node], version: int) -> None:
        """The scores of nodes; of those that are not shown (lookahead) they are not either."""
        for node in nodes:
            if (record := self._find(node.path)) is not None:
                self._note(record, version)
                self._see_score(record, node)

    def number(self, path: Path) -> int | None:
        """Of the node there, if it is shown."""
        return self._numbers.get(path)

    def since(self, seen: int) -> list[NodeRecord]:
        """What is new or has changed after that version, parents first."""
        return [copy(self._nodes[number]) for number in sorted(self._changes.since(seen))]

    def __len__(self) -> int:
        return len(self._nodes)

    def _find(self, path: Path) -> NodeRecord | None:
        number = self._numbers.get(path)
        return None if number is None else self._nodes[number]

    def _note(self, node: NodeRecord, version: int) -> None:
        self.changed_at = version
        self._changes.note(node.number, version)

    def _add(self, node: Node) -> NodeRecord | None:
        above = self._numbers.get(node.path[:-1], -1)
        if len(self._nodes) >= MOST_NODES or (above < 0 and node.depth > 1):
            return None
        text = shown(node.text, min(LONGEST_NODE, self._left))
        self._left -= len(text)
        number = self._numbers[node.path] = len(self._nodes)
        record = NodeRecord(
            number=number,
            parent=above,
            place=node.path[-1],
            finish=node.finish,
            tokens=node.tokens,
            steps=[(None, step) for step in split_steps(text)],
            pruned=node.finish == "length",
        )
        self._nodes.append(record)
        return record

    def _see_score(self, record: NodeRecord, node: Node) -> None:
        if node.score is None:
            return
        record.score = round(node.score, DIGITS)
        record.steps = _with_scores(record.steps, node.step_scores or ())
        if node.expandable and not record.growing:
            self._open.setdefault(node.depth, set()).add(node.path)

    def _pass_over(self, path: Path, version: int) -> None:
        """The search goes on from there, and not from what else was open at that depth."""
        waiting = self._open.pop(len(path), set())
        waiting.discard(path)
        for other in waiting:
            node = self._nodes[self._numbers[other]]
            if not node.growing:
                node.pruned = True
                self._note(node, version)


def _with_scores(
    steps: list[tuple[float | None, str]], scores: Sequence[float]
) -> list[tuple[float | None, str]]:
    """The steps with a score each, where there are as many: a text may have been cut."""
    if len(scores) != len(steps):
        return steps
    return [(round(score, DIGITS), text) for score, (_, text) in zip(scores, steps, strict=True)]
