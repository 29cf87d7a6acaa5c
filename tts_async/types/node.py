"""One node of a search tree: a step, or a whole answer, that continues its parent's path."""

from dataclasses import dataclass

from tts_async.types.generation import Finish

Path = tuple[int, ...]
"""A node's place: the ordinals from the root down to it. The root is ``()``."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Node:
    """A frozen piece of a search tree; scoring returns a new version of it.

    ``tokens`` is what its text cost to generate, ``logprobs`` the natural logarithm of the
    probability of each of them where the strategy asked for it. ``step_scores`` holds one score
    per step of this node's own text, ``score`` the aggregate over the whole path from the root;
    both are ``None`` on a node that no verifier saw.
    """

    parent: "Node | None"
    path: Path
    text: str
    finish: Finish = "step"
    tokens: int = 0
    token_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] | None = None
    step_scores: tuple[float, ...] | None = None
    score: float | None = None

    @property
    def depth(self) -> int:
        """Number of nodes above it."""
        return len(self.path)

    @property
    def finished(self) -> bool:
        """Whether the path is a complete answer (a truncated one is not)."""
        return self.finish == "stop"

    @property
    def expandable(self) -> bool:
        """Whether the path can be continued."""
        return self.finish == "step"

    def scored(self, step_scores: tuple[float, ...], score: float) -> "Node":
        """This node with its scores; ``dataclasses.replace`` would take five times as long."""
        return Node(
            parent=self.parent,
            path=self.path,
            text=self.text,
            finish=self.finish,
            tokens=self.tokens,
            token_ids=self.token_ids,
            logprobs=self.logprobs,
            step_scores=step_scores,
            score=score,
        )

    def lineage(self) -> "list[Node]":
        """The nodes from just below the root down to this one."""
        nodes, node = [], self
        while node.parent is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]

    @property
    def full_text(self) -> str:
        """The whole path as one text."""
        return "".join(node.text for node in self.lineage())

    def __repr__(self) -> str:
        place = ".".join(map(str, self.path)) or "root"
        score = "" if self.score is None else f" score={self.score:.3f}"
        return f"<Node {place} {self.finish}{score} {self.text[:40]!r}>"


def new_root() -> Node:
    """The empty path from which every search starts."""
    return Node(parent=None, path=(), text="")
