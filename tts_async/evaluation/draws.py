"""How many answers a search drew, and how many of them are right: what pass@k is made of.

Independent draws (majority, Best-of-N) are the case that pass@k was defined for. A vote that ends
early drew as long as it was in doubt, so the number of its draws says something about them, and an
estimate from all of them would be biased. There only the draws count that are made in any case: the
first group, and of a vote that ends when it is decided the first half, since nothing can be decided
before. Tree search has related candidates instead; its finished ones count, whatever their number.
"""

from collections.abc import Sequence

from tts_async.strategies import Strategy
from tts_async.strategies.drawing import GROUP
from tts_async.types.result import Result


def draws_of(strategy: Strategy, result: Result, right: Sequence[bool]) -> tuple[int, int] | None:
    """Number of answers and of right ones; ``right`` says so for each candidate of the result.

    ``None`` where a budget ended an early-stopping vote before what it would have drawn in any
    case. A search that failed drew nothing.
    """
    if any(len(node.path) > 1 for node in result.tree):
        return len(result.candidates), sum(right)
    count = len(result.tree)  # truncated answers are no candidates, but they were drawn
    if _may_stop(strategy) and result.error is None:
        count = _certain(strategy)
        if any((draw,) not in result.tree for draw in range(count)):
            return None
    places = [candidate.path[0] for candidate in result.candidates]
    return count, sum(good for place, good in zip(places, right, strict=True) if place < count)


def _may_stop(strategy: Strategy) -> bool:
    early: bool = getattr(strategy, "early_stop", False)
    return early or getattr(strategy, "confidence", None) is not None


def _certain(strategy: Strategy) -> int:
    """How many draws no outcome of them can prevent."""
    n: int = getattr(strategy, "n", 1)
    only_when_decided = getattr(strategy, "confidence", None) is None
    if not only_when_decided or getattr(strategy, "select", None) == "naive":
        return min(n, GROUP)  # a perfect score, or agreement by chance, may end it after one group
    half = -(-n // 2)
    return min(n, max(GROUP, -(-half // GROUP) * GROUP))
