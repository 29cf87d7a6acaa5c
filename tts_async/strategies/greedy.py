"""Greedy decoding: one answer at temperature 0. The baseline that search must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tts_async.strategies.context import Context
from tts_async.strategies.protocol import Selection
from tts_async.types.node import Node


@dataclass(frozen=True)
class Greedy:
    """The single most likely answer, token by token."""

    n: ClassVar[int] = 1
    select: ClassVar[Selection] = "majority"

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The one answer."""
        return await ctx.expand(ctx.root, 1, to_end=True, temperature=0.0)
