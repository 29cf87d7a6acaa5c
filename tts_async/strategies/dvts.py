"""Diverse Verifier Tree Search.

Beeching, Tunstall, Rush 2024, "Scaling Test-Time Compute with Open Models" (Hugging Face):
``n / beam_width`` independent subtrees, each descended greedily: grow ``beam_width`` children,
step to the one the verifier likes best, repeat. Independence is the point: no subtree can crowd
out another, so large n keeps its diversity. Every finished answer seen on the way votes, also
the ones that were not stepped to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import check_selection
from tts_async.concurrency import gather
from tts_async.strategies.context import Context
from tts_async.strategies.lookahead import score_ahead
from tts_async.strategies.protocol import Selection
from tts_async.strategies.ranking import by_score
from tts_async.strategies.validation import check_beams
from tts_async.types.node import Node


@dataclass(frozen=True)
class DVTS:
    """``n / beam_width`` subtrees of ``beam_width`` children per step, ``max_steps`` deep.

    The last allowed step runs to the end of the answer. ``lookahead`` greedy steps are rolled out
    to judge a child by where it leads.
    """

    n: int = 16
    beam_width: int = 4
    max_steps: int = 40
    lookahead: int = 0
    select: Selection = "weighted"

    def __post_init__(self) -> None:
        check_beams(self.n, self.beam_width, self.max_steps, self.lookahead)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Search; the finished answers of every subtree in turn."""
        subtrees = await gather(*(self.descend(ctx) for _ in range(self.n // self.beam_width)))
        return [leaf for leaves in subtrees for leaf in leaves]

    async def descend(self, ctx: Context) -> list[Node]:
        """One subtree: the finished answers met on a greedy way down."""
        node, finished = ctx.root, list[Node]()
        for step in range(self.max_steps):
            to_end = step == self.max_steps - 1
            children = await ctx.expand(node, self.beam_width, to_end=to_end)
            children = await score_ahead(ctx, children, self.lookahead, then=self.beam_width)
            finished += [child for child in children if child.finished]
            whole = [child for child in children if child.finish != "length"]
            if not whole:
                break
            node = max(whole, key=by_score)
            ctx.prune(child for child in children if child is not node)
            if node.finished:
                break
        return finished
