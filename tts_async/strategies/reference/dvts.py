"""DVTS as search-and-learn does it.

``n / beam_width`` subtrees, each of which steps to the best of ``beam_width`` children. Against the
textbook file next door:

- An unfinished child is ranked by the score of an empty step (see ``steps``).
- The result is all children of each subtree's *last* step, also those that were cut off at the
  delimiter and answer nothing yet. What was finished earlier and not stepped to is dropped.
- A subtree ends where its text contains ``boxed{``, complete or not, or where the model ends it.
- A truncated child can be stepped to, and ends the subtree.
- With ``lookahead`` a child's scores are those of the longer text, in the vote too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import AnswerChecker, check_selection
from tts_async.concurrency import gather
from tts_async.strategies.context import Context
from tts_async.strategies.protocol import Selection
from tts_async.strategies.reference.prediction import elect
from tts_async.strategies.reference.steps import best_first, draw, is_complete, score_ahead
from tts_async.strategies.validation import check_beams
from tts_async.types.node import Node
from tts_async.types.result import Election

ANSWERED = "boxed{"


@dataclass(frozen=True)
class ReferenceDVTS:
    """``n / beam_width`` subtrees of ``beam_width`` children per step, ``max_steps`` deep."""

    n: int = 4
    beam_width: int = 4
    max_steps: int = 40
    lookahead: int = 0
    select: Selection = "weighted"

    def __post_init__(self) -> None:
        check_beams(self.n, self.beam_width, self.max_steps, self.lookahead)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """The ``beam_width`` children of the last step of every subtree in turn."""
        subtrees = await gather(*(self._descend(ctx) for _ in range(self.n // self.beam_width)))
        return [leaf for leaves in subtrees for leaf in leaves]

    async def _descend(self, ctx: Context) -> list[Node]:
        node, children = ctx.root, list[Node]()
        for step in range(self.max_steps):
            is_last = step == self.max_steps - 1
            drawn = await draw(ctx, node, self.beam_width, to_end=is_last)
            children = await score_ahead(ctx, drawn, 0 if is_last else self.lookahead)
            node = best_first(children)
            if is_complete(node) or ANSWERED in node.full_text:
                break
        return children

    async def elect(self, nodes: Sequence[Node], checker: AnswerChecker) -> Election:
        """The vote as search-and-learn takes it."""
        return await elect(nodes, self.select, checker)
