"""What makes something a strategy."""

from collections.abc import Sequence
from typing import Protocol

from tts_async.answers import Selection
from tts_async.strategies.context import Context
from tts_async.types.node import Node

__all__ = ["Selection", "Strategy"]


class Strategy(Protocol):
    """An algorithm: from a fresh context to the candidates that may vote.

    Any async callable will do. Optional attributes: ``select`` (how the vote is taken; weighted
    if the candidates have scores, else majority) and ``n`` (its budget of candidates, which the
    result repeats).
    """

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Search; return complete answers in a deterministic order."""
        ...
