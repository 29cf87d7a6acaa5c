"""Lookahead: judge a step by where it leads.

Roll every unfinished candidate forward by a few greedy steps and let the score of the rolled-out
path stand for the candidate's own (Snell et al. 2024, "Scaling LLM Test-Time Compute Optimally",
§5.2, where it is the variance-reducing simulation of beam search). The rollout is then thrown
away: it never enters the tree and never votes. With ``steps=0`` this is plain scoring.
"""

from collections.abc import Sequence
from dataclasses import replace

from tts_async.concurrency import gather
from tts_async.strategies.context import Context
from tts_async.types.node import Node


async def score_ahead(ctx: Context, nodes: Sequence[Node], steps: int, *, then: int) -> list[Node]:
    """The nodes, ranked by ``score`` as seen from up to ``steps`` steps further on.

    ``then``: how many continuations the best of them will be asked for.
    """
    if steps == 0:
        return await ctx.score(nodes, then=then)
    scored = await ctx.score(nodes)
    futures = await ctx.score(await gather(*(_roll_out(ctx, node, steps) for node in scored)))
    return [replace(node, score=future.score) for node, future in zip(scored, futures, strict=True)]


async def _roll_out(ctx: Context, node: Node, steps: int) -> Node:
    for _ in range(steps):
        if not node.expandable:
            break
        (node,) = await ctx.expand(node, 1, temperature=0.0, detached=True)
    return node
