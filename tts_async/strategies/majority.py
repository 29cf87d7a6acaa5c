"""Majority vote over independent samples.

Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language Models". Needs
no verifier; plateaus once the most frequent answer is clear.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tts_async.strategies.context import Context
from tts_async.strategies.drawing import draw_answers, when_confident, when_settled
from tts_async.strategies.protocol import Selection
from tts_async.strategies.validation import check_confidence, check_count
from tts_async.types.node import Node


@dataclass(frozen=True)
class Majority:
    """Draw ``n`` answers; the most frequent one wins.

    ``early_stop``: no more than it takes until the others could not change the winner any more.
    ``confidence``, where given, stops sooner: when the leader is the model's more frequent answer
    with that probability, in (0.5, 1) (adaptive consistency; 0.95 in the paper).
    """

    n: int = 16
    early_stop: bool = True
    confidence: float | None = None
    select: ClassVar[Selection] = "majority"

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_confidence(self.confidence)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The answers."""
        is_over = when_settled(self.select) if self.early_stop else None
        if self.confidence is not None:
            is_over = when_confident(self.confidence)
        return await draw_answers(ctx, self.n, is_over, scored=False)
