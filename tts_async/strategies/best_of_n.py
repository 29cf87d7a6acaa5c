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
from tts_async.strategies.drawing import draw_answers, when_settled
from tts_async.strategies.protocol import Selection
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node


@dataclass(frozen=True)
class BestOfN:
    """Score ``n`` independent answers and select among the finished ones.

    ``early_stop``: no more than it takes until the others could not change the winner any more.
    """

    n: int = 16
    select: Selection = "weighted"
    early_stop: bool = True

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The finished answers, scored."""
        is_over = when_settled(self.select) if self.early_stop else None
        answers = await draw_answers(ctx, self.n, is_over, scored=True)
        return [answer for answer in answers if answer.finished]
