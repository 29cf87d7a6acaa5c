"""Steps as search-and-learn draws, scores and rolls them out.

Two quirks live here. Text is cut at *every* empty line, so a path that ends with one is given an
empty step more, which is scored too and which ``last`` then uses: every unfinished path is ranked
by the score of nothing. And a path ends where the model ends it: a boxed answer in the middle of
the text ends nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from tts_async.concurrency import gather
from tts_async.steps import DELIMITER
from tts_async.strategies.context import Context
from tts_async.strategies.ranking import by_score
from tts_async.types.node import Node


def cut_everywhere(text: str) -> tuple[str, ...]:
    """What stands before, between and after the empty lines; what is blank is an empty step."""
    *closed, rest = text.split(DELIMITER)
    pieces = [*(piece + DELIMITER for piece in closed), rest]
    return tuple(piece if piece.strip() else "" for piece in pieces)


def is_complete(node: Node) -> bool:
    """Whether it ended in any way but at the delimiter.

    A truncated answer is complete there: vLLM gives it no stop reason, and neither one at the end
    of the sequence.
    """
    return not node.expandable


async def draw(ctx: Context, node: Node, k: int, *, to_end: bool) -> list[Node]:
    """``k`` continuations, which end where the model ends them."""
    return await ctx.expand(node, k, to_end=to_end, ends_at_answer=False)


async def score(ctx: Context, nodes: Sequence[Node]) -> list[Node]:
    """The nodes with scores for all their pieces, the empty one at the end included."""
    return await ctx.score(nodes, split=cut_everywhere)


async def score_ahead(ctx: Context, nodes: Sequence[Node], lookahead: int) -> list[Node]:
    """The nodes with the scores of where up to ``lookahead`` greedy steps lead."""
    futures = await score(ctx, await roll_out(ctx, nodes, lookahead))
    return [
        replace(node, step_scores=future.step_scores, score=future.score)
        for node, future in zip(nodes, futures, strict=True)
    ]


async def roll_out(ctx: Context, nodes: Sequence[Node], lookahead: int) -> list[Node]:
    """Every node, up to ``lookahead`` greedy steps on; never part of the tree."""
    return await gather(*(_follow(ctx, node, lookahead) for node in nodes))


async def _follow(ctx: Context, node: Node, steps: int) -> Node:
    for _ in range(steps):
        if is_complete(node):
            break
        (node,) = await ctx.expand(node, 1, temperature=0.0, detached=True, ends_at_answer=False)
    return node


def best_first(nodes: Sequence[Node]) -> Node:
    """The best-scored node, the first of several (``argmax``)."""
    return max(nodes, key=by_score)


def survivors(nodes: Sequence[Node], count: int) -> list[Node]:
    """The ``count`` best-scored nodes in the order given; all of them if ``count`` is 0.

    ``argsort`` and the slice ``[-count:]``: of equal scores the later ones survive, and a slice
    that starts at -0 is everything.
    """
    ranked = sorted(range(len(nodes)), key=lambda i: by_score(nodes[i]))
    kept = set(ranked[-count:])
    return [node for i, node in enumerate(nodes) if i in kept]
