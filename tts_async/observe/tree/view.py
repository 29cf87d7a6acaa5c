"""What there is to show of a search: plain data, the same for every medium."""

from collections.abc import Iterator
from dataclasses import dataclass

from tts_async.types.node import Node, Path
from tts_async.types.result import Candidate, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A node as a reader sees it.

    ``above`` is the place of its parent in ``TreeView.branches`` (-1 below the root). ``kept``:
    it led to a candidate, and ``winning``: to the very one that the result's text comes from.
    ``candidate`` is the answer that ends here. ``below`` counts all of its descendants and
    ``answers_below`` the candidates among them.
    """

    node: Node
    above: int
    kept: bool
    winning: bool
    candidate: Candidate | None
    below: int
    answers_below: int


@dataclass(frozen=True, slots=True)
class TreeView:
    """The branches of a search in tree order, so a parent always comes before its children."""

    result: Result
    branches: tuple[Branch, ...]
    winner: Candidate | None
    """The candidate that the result's text comes from."""

    @classmethod
    def of(cls, result: Result) -> "TreeView":
        """The view of a result; linear in the size of its tree."""
        nodes = list(result.tree)
        places = {node.path: place for place, node in enumerate(nodes)}
        above = [places.get(node.path[:-1], -1) for node in nodes]
        candidates = {candidate.path: candidate for candidate in result.candidates}
        winner = result.winner
        below, answers = [0] * len(nodes), [0] * len(nodes)
        for place in range(len(nodes) - 1, -1, -1):  # children before their parents
            if (parent := above[place]) >= 0:
                below[parent] += below[place] + 1
                answers[parent] += answers[place] + (nodes[place].path in candidates)
        on_the_way = set(_prefixes(winner.path)) if winner is not None else set()
        branches = (
            Branch(
                node=node,
                above=above[place],
                kept=answers[place] > 0 or node.path in candidates,
                winning=node.path in on_the_way,
                candidate=candidates.get(node.path),
                below=below[place],
                answers_below=answers[place],
            )
            for place, node in enumerate(nodes)
        )
        return cls(result, tuple(branches), winner)

    @property
    def winning_group(self) -> int | None:
        """The index into ``Result.votes`` of the group that won."""
        return None if self.winner is None else self.winner.group

    def wins(self, branch: Branch) -> bool:
        """Whether a candidate ends here that gave the winning answer, in whatever writing."""
        candidate = branch.candidate
        return (
            candidate is not None
            and candidate.group is not None
            and candidate.group == self.winning_group
        )

    def telling(self, most: int, *, depth: int | None = None) -> set[int]:
        """The places of the ``most`` nodes that say most, down to ``depth`` steps.

        First the way to the answer, then those to the other candidates, best first, then what was
        dropped, near the root first. Every ancestor of a chosen node is chosen.
        """
        chosen: set[int] = set()
        for place in self._by_interest():
            lineage = [up for up in self._upwards(place) if up not in chosen]
            if depth is not None:
                lineage = [up for up in lineage if self.branches[up].node.depth <= depth]
            if len(chosen) + len(lineage) <= most:
                chosen.update(lineage)
            if len(chosen) == most:
                break
        return chosen

    def _by_interest(self) -> list[int]:
        def interest(place: int) -> tuple[bool, bool, int, float]:
            branch = self.branches[place]
            ends = branch.candidate is not None
            ends_winning = ends and branch.winning
            distance = 0 if ends else branch.node.depth
            return (not ends_winning, not ends, distance, -(branch.node.score or 0.0))

        return sorted(range(len(self.branches)), key=interest)

    def _upwards(self, place: int) -> Iterator[int]:
        while place >= 0:
            yield place
            place = self.branches[place].above


def _prefixes(path: Path) -> list[Path]:
    return [path[:depth] for depth in range(1, len(path) + 1)]
