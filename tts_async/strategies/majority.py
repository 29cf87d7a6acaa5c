"""Majority vote over independent samples.

Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language Models". Needs
no verifier; plateaus once the most frequent answer is clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tts_async.strategies.context import Context
from tts_async.strategies.protocol import Selection
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node


@dataclass(frozen=True)
class Majority:
    """Draw ``n`` answers; the most frequent one wins."""

    n: int = 16
    select: ClassVar[Selection] = "majority"

    def __post_init__(self) -> None:
        check_count("n", self.n)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The answers."""
        return await ctx.expand(ctx.root, self.n, to_end=True)
