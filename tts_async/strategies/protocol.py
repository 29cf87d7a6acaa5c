"""What makes something a strategy."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from tts_async.answers import AnswerChecker, Selection
from tts_async.strategies.context import Context
from tts_async.types.node import Node
from tts_async.types.result import Election

__all__ = ["OwnElection", "Selection", "Strategy"]

OwnElection = Callable[[Sequence[Node], AnswerChecker], Awaitable[Election]]
"""From the candidates to who voted for what: for rules that no ``select`` can express."""


class Strategy(Protocol):
    """An algorithm: from a fresh context to the candidates that may vote.

    Any async callable will do. Optional attributes: ``select`` (how the vote is taken; weighted
    if the candidates have scores, else majority), ``n`` (its budget of candidates, which the
    result repeats) and ``elect`` (an ``OwnElection``, which takes the place of the vote).
    """

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Search; return complete answers in a deterministic order."""
        ...
