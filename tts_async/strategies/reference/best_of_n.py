"""Best-of-N as search-and-learn does it.

Every answer is scored and votes, truncated ones too. Nothing stops early.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import AnswerChecker, check_selection
from tts_async.strategies.context import Context
from tts_async.strategies.drawing import draw_answers
from tts_async.strategies.protocol import Selection
from tts_async.strategies.reference.prediction import elect
from tts_async.strategies.reference.steps import score
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node
from tts_async.types.result import Election


@dataclass(frozen=True)
class ReferenceBestOfN:
    """``n`` independent answers, all of which vote."""

    n: int = 4
    select: Selection = "weighted"

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The answers in the order they were asked for."""
        return await score(ctx, await draw_answers(ctx, self.n, None, scored=False))

    async def elect(self, nodes: Sequence[Node], checker: AnswerChecker) -> Election:
        """The vote as search-and-learn takes it."""
        return await elect(nodes, self.select, checker)
