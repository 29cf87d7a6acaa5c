"""The one mutable owner of a search's state."""

from collections.abc import Iterable, Iterator

from tts_async.types.node import Node, Path, new_root


class Tree:
    """All nodes of one search, in the newest version of each.

    Ordinals are reserved when an expansion is *asked for*, so the place of a node, and with it
    its seed, depends on the algorithm and never on which answer came back first.
    """

    def __init__(self) -> None:
        self.root = new_root()
        self._nodes: dict[Path, Node] = {(): self.root}
        self._reserved: dict[Path, int] = {}

    def reserve(self, parent: Node, k: int) -> int:
        """Set aside the next ``k`` ordinals below ``parent``; returns the first of them."""
        first = self.reserved(parent)
        self._reserved[parent.path] = first + k
        return first

    def reserved(self, parent: Node) -> int:
        """How many ordinals are set aside below ``parent``: the next one to be."""
        return self._reserved.get(parent.path, 0)

    def put(self, nodes: Iterable[Node]) -> None:
        """Add nodes, or replace the older versions of them."""
        for node in nodes:
            path = node.path
            if path not in self._nodes:
                above, taken = path[:-1], path[-1] + 1
                self._reserved[above] = max(taken, self._reserved.get(above, 0))
            self._nodes[path] = node

    def newest(self, node: Node) -> Node:
        """The newest version of a node; the node itself where the tree does not hold it."""
        return self._nodes.get(node.path, node)

    def __contains__(self, path: Path) -> bool:
        return path in self._nodes

    def __getitem__(self, path: Path) -> Node:
        return self._nodes[path]

    def __iter__(self) -> Iterator[Node]:
        """Every node but the root, in tree order (depth first, by ordinal)."""
        return (self._nodes[path] for path in sorted(self._nodes) if path)

    def __len__(self) -> int:
        return len(self._nodes) - 1

    def finished(self) -> list[Node]:
        """The complete answers, in tree order."""
        return [node for node in self if node.finished]

    def children(self, node: Node) -> list[Node]:
        """The direct children of a node that exist so far, by ordinal."""
        paths = ((*node.path, i) for i in range(self.reserved(node)))
        return [self._nodes[path] for path in paths if path in self._nodes]

    def __repr__(self) -> str:
        return f"<Tree {len(self)} nodes, {len(self.finished())} finished>"
