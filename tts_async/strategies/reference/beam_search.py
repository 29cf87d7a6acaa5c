"""Beam search as search-and-learn does it.

``n`` beams ask for one step each; the best ``n / beam_width`` of those that are not complete are
repeated until there are ``n`` again, and so on. Against the textbook file next door:

- An unfinished beam is ranked by the score of an empty step (see ``steps``).
- Survivors keep their order, and of equal scores the later ones survive.
- ``n`` need not be divisible by ``beam_width``; where ``beam_width`` exceeds ``n``, no beam is
  ever dropped.
- ``lookahead`` is drawn, paid for and never looked at.
- The first ``n`` complete beams are the result, *in the order of completion*: short answers
  displace better ones that took longer (unless ``sort_completed``). Fewer than ``n`` are repeated,
  and the copies vote.
- It never comes out empty, because its last step runs to the end and even a truncated beam counts
  as complete. (Its ``ZeroDivisionError`` needs a search of no steps, which is refused here.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.answers import AnswerChecker, check_selection
from tts_async.concurrency import gather
from tts_async.strategies.context import Context
from tts_async.strategies.protocol import Selection
from tts_async.strategies.ranking import best
from tts_async.strategies.reference.prediction import elect
from tts_async.strategies.reference.steps import draw, is_complete, roll_out, score, survivors
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node
from tts_async.types.result import Election


@dataclass(frozen=True)
class ReferenceBeamSearch:
    """``n`` beams, of which ``n // beam_width`` survive every one of at most ``max_steps`` steps.

    ``filter_duplicates``: of beams with the same text only the first is ranked.
    ``sort_completed``: the result is the best ``n`` complete beams, not the first ``n``.
    """

    n: int = 4
    beam_width: int = 4
    max_steps: int = 40
    lookahead: int = 0
    filter_duplicates: bool = False
    sort_completed: bool = False
    select: Selection = "weighted"

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_count("beam_width", self.beam_width)
        check_count("max_steps", self.max_steps)
        check_count("lookahead", self.lookahead, least=0)
        check_selection(self.select)

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Exactly ``n`` beams, some of them repeated."""
        beams, completed = [ctx.root], list[Node]()
        for step in range(self.max_steps):
            is_last = step == self.max_steps - 1
            children = await self._grow(ctx, _repeated(beams, self.n), to_end=is_last)
            completed += [child for child in children if is_complete(child)]
            active = [child for child in children if not is_complete(child)]
            if not active:
                break
            if self.filter_duplicates:
                active = _without_duplicates(active)
            beams = survivors(active, self.n // self.beam_width)
        if self.sort_completed:
            completed = best(completed, self.n)
        return _repeated(completed, self.n)

    async def _grow(self, ctx: Context, beams: Sequence[Node], *, to_end: bool) -> list[Node]:
        """The next step of every beam, scored; each beam asks for its own, copies too."""
        grown = await gather(*(draw(ctx, beam, 1, to_end=to_end) for beam in beams))
        children = [child for (child,) in grown]
        if not to_end:
            await roll_out(ctx, children, self.lookahead)
        return await score(ctx, children)

    async def elect(self, nodes: Sequence[Node], checker: AnswerChecker) -> Election:
        """The vote as search-and-learn takes it."""
        return await elect(nodes, self.select, checker)


def _repeated(nodes: Sequence[Node], count: int) -> list[Node]:
    """``count`` nodes, from the start again when all were taken; none of none."""
    return [nodes[i % len(nodes)] for i in range(count if nodes else 0)]


def _without_duplicates(nodes: Sequence[Node]) -> list[Node]:
    first: dict[str, Node] = {}
    for node in nodes:
        first.setdefault(node.full_text, node)
    return list(first.values())
