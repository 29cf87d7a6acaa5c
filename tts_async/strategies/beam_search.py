"""Beam search against a process reward model.

Snell et al. 2024, §5.2, in the form of Hugging Face's search-and-learn: a budget of ``n``
candidates per step, of which the best ``n / beam_width`` survive and grow ``beam_width`` children
each. A finished answer leaves the beam and votes; the survivors share the full budget again, so
width is never lost. What differs from that implementation: exactly the steps that exist are
scored, finished answers are returned once each, and a truncated one is not an answer.

Strong at small n. At large n on easy problems it over-optimises the verifier: the survivors
become copies of one idea, which is what DVTS is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import check_selection
from tts_async.concurrency import gather
from tts_async.strategies.context import Context
from tts_async.strategies.lookahead import score_ahead
from tts_async.strategies.protocol import Selection
from tts_async.strategies.ranking import best
from tts_async.strategies.validation import check_beams
from tts_async.types.node import Node


@dataclass(frozen=True)
class BeamSearch:
    """``n`` candidates per step, ``n / beam_width`` survivors, at most ``max_steps`` steps.

    The last allowed step runs to the end of the answer. ``lookahead`` greedy steps are rolled out
    to judge a candidate by where it leads.
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
        """Search; the finished answers, best first."""
        beams, finished = [ctx.root], list[Node]()
        for step in range(self.max_steps):
            to_end = step == self.max_steps - 1
            shares = _share_out(self.n, len(beams))
            grown = await gather(
                *(self.grow(ctx, beam, k, to_end) for beam, k in zip(beams, shares, strict=True))
            )
            candidates = [child for children in grown for child in children]
            finished += [child for child in candidates if child.finished]
            survivors = self.n // self.beam_width
            beams = best((child for child in candidates if child.expandable), survivors)
            ctx.prune(child for child in candidates if child not in beams)
            if not beams:
                break
        return best(finished, len(finished))

    async def grow(self, ctx: Context, beam: Node, k: int, to_end: bool) -> list[Node]:
        """The scored children of one beam; each beam's scoring starts when its own step lands."""
        children = await ctx.expand(beam, k, to_end=to_end)
        return await score_ahead(ctx, children, self.lookahead, then=self.beam_width)


def _share_out(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` equal shares; the first ones get what does not divide."""
    share, rest = divmod(total, parts)
    return [share + (i < rest) for i in range(parts)]
