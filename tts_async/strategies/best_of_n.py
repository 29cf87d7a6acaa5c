"""Best-of-N: draw n answers, let the verifier choose.

Vanilla (``select="naive"``) returns the answer with the highest score. Weighted
(``select="weighted"``, Li et al. 2022, "Making Large Language Models Better Reasoners with
Step-Aware Verifier") adds up the scores of equal answers, so that many good solutions outvote one
that fooled the verifier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import check_selection
from tts_async.strategies.context import Context
from tts_async.strategies.protocol import Selection
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node


@dataclass(frozen=True)
class BestOfN:
    """Score ``n`` independent answers and select among the finished ones."""

    n: int = 16
    select: Selection = "weighted"

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The finished answers, scored."""
        answers = await ctx.expand(ctx.root, self.n, to_end=True)
        return await ctx.score([answer for answer in answers if answer.finished])
