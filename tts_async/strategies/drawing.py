"""Whole answers in small groups, until no further one can change who wins.

A group shares a request and a prefill, and is scored as soon as it is there: a slow answer holds up
its own group only. Whether to stop is asked group by group *in the order of the tree*, not in the
order of arrival, so that the same seed gives the same candidates whatever else runs; what was drawn
beyond that point is cancelled or ignored.
"""

import asyncio
from collections.abc import Callable, Sequence

from tts_async.answers import Selection, chance_of_lead, is_settled
from tts_async.strategies.context import Context
from tts_async.types.node import Node

GROUP = 4

IsOver = Callable[[Sequence[int | None], Sequence[float | None], int], bool]
"""From the groups of equal answers, their scores and the number still to come: is that enough?"""


def when_settled(select: Selection) -> IsOver:
    """Stop when the winner is certain."""
    return lambda groups, scores, remaining: is_settled(groups, scores, select, remaining)


def when_confident(confidence: float) -> IsOver:
    """Stop when the leader is the more frequent answer with this probability."""
    return lambda groups, _scores, _remaining: chance_of_lead(groups) >= confidence


async def draw_answers(
    ctx: Context, n: int, is_over: IsOver | None, *, scored: bool, begun: Sequence[Node] = ()
) -> list[Node]:
    """``n`` answers in tree order, truncated ones included, or fewer when those are enough.

    ``scored``: the finished ones carry the verifier's scores. ``begun``: those that are there
    already, scored likewise; they count towards ``n``.
    """
    drawn = list(begun)
    if drawn and await _is_enough(ctx, drawn, n, is_over):
        return drawn
    sizes = [min(GROUP, n - first) for first in range(len(drawn), n, GROUP)]
    groups = [asyncio.ensure_future(_draw(ctx, size, scored=scored)) for size in sizes]
    try:
        for group in groups:
            drawn += await group
            if await _is_enough(ctx, drawn, n, is_over):
                break
    finally:
        for group in groups:
            group.cancel()
        await asyncio.gather(*groups, return_exceptions=True)
    return drawn


async def _draw(ctx: Context, k: int, *, scored: bool) -> list[Node]:
    answers = await ctx.expand(ctx.root, k, to_end=True)
    if not scored:
        return answers
    scores = await ctx.score([answer for answer in answers if answer.finished])
    finished = {node.path: node for node in scores}
    return [finished.get(answer.path, answer) for answer in answers]


async def _is_enough(ctx: Context, drawn: Sequence[Node], n: int, is_over: IsOver | None) -> bool:
    missing = n - len(drawn)
    if missing <= 0 or is_over is None:
        return False
    finished = [node for node in drawn if node.finished]
    groups = await ctx.group_answers(finished)
    if not is_over(groups, [node.score for node in finished], missing):
        return False
    mean = sum(node.tokens for node in drawn) / len(drawn)
    ctx.spend.saved_tokens += round(missing * mean)
    return True
