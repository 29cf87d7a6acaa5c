"""Which nodes to keep."""

import math
from collections.abc import Iterable

from tts_async.types.node import Node


def by_score(node: Node) -> float:
    """Sort key: the verifier's score; a node without one (an empty step) comes last."""
    return -math.inf if node.score is None else node.score


def best(nodes: Iterable[Node], count: int) -> list[Node]:
    """The ``count`` nodes with the highest scores, best first; ties in the order given."""
    return sorted(nodes, key=by_score, reverse=True)[:count]  # stable, reverse included
