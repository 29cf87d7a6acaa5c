"""Compute-optimal search: look at a problem first, then spend on it what suits it.

Snell et al. 2024, "Scaling LLM Test-Time Compute Optimally can be More Effective than Scaling
Model Parameters", §3: which strategy is best depends on the budget and on how difficult the
problem is for this model. Difficulty is estimated without the reference answer, from a few whole
answers, the pilots, and a policy says what did best on such problems. The pilots are a part of the
budget and none is wasted: Best-of-N and majority go on from them as from their own first answers,
and beside a tree search they vote.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Final

from tts_async.strategies.beam_search import BeamSearch
from tts_async.strategies.compute_optimal.estimate import agreement, mean_score
from tts_async.strategies.compute_optimal.policy import Choice, Policy
from tts_async.strategies.compute_optimal.published import PUBLISHED
from tts_async.strategies.context import Context
from tts_async.strategies.drawing import draw_answers, when_settled
from tts_async.strategies.dvts import DVTS
from tts_async.strategies.greedy import Greedy
from tts_async.strategies.validation import check_count
from tts_async.types.node import Node

_TREE_SEARCHES: Final[dict[str, type[BeamSearch | DVTS]]] = {
    "beam_search": BeamSearch,
    "dvts": DVTS,
}


@dataclass(frozen=True)
class ComputeOptimal:
    """At most ``n`` candidates, spent as ``policy`` says for problems of this difficulty.

    ``policy`` is a ``Policy``, the path of its file (read at once), or ``None`` for what the
    literature found on other models. ``pilots``: how many answers to judge a problem by, other
    than the policy's own number; none are drawn for an ``n`` of no more than that, and none where
    the policy treats every problem alike. A tree search gets what the pilots leave of its ``n``,
    less what does not divide by its beam width. How the vote is taken is the policy's choice too.
    Raises ``ConfigurationError``.
    """

    n: int = 16
    policy: Policy | str | PathLike[str] | None = None
    pilots: int | None = None
    max_steps: int = 40
    early_stop: bool = True

    def __post_init__(self) -> None:
        check_count("n", self.n)
        check_count("max_steps", self.max_steps)
        policy = _load(self.policy)
        if self.pilots is not None:
            check_count("pilots", self.pilots)
            difficulty = replace(policy.difficulty, pilots=self.pilots)
            policy = replace(policy, difficulty=difficulty)
        object.__setattr__(self, "policy", policy)
        object.__setattr__(self, "pilots", policy.difficulty.pilots)

    @property
    def table(self) -> Policy:
        """The policy that it goes by, loaded."""
        assert isinstance(self.policy, Policy)
        return self.policy

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """Draw the pilots, judge the problem by them, go on with what suits it."""
        count = self.table.pilots_for(self.n)
        if count == 0:
            return await self.go_on(ctx, self.table.choice_for(self.n), [])
        scored = self.table.difficulty.measure == "score"
        pilots = await draw_answers(ctx, count, None, scored=scored)
        difficulty = self.table.difficulty.of(await self.estimate(ctx, pilots))
        return await self.go_on(ctx, self.table.choice_for(self.n, difficulty), pilots)

    async def estimate(self, ctx: Context, pilots: Sequence[Node]) -> float:
        """How easy the problem looks, in [0, 1]."""
        if self.table.difficulty.measure == "score":
            return mean_score([pilot.score for pilot in pilots])
        groups = iter(await ctx.group_answers([pilot for pilot in pilots if pilot.finished]))
        return agreement([next(groups) if pilot.finished else None for pilot in pilots])

    async def go_on(self, ctx: Context, choice: Choice, pilots: Sequence[Node]) -> Sequence[Node]:
        """Spend what the pilots left of the choice's ``n`` on it; the pilots vote too."""
        ctx.select, ctx.chosen = choice.vote, str(choice)
        if choice.strategy == "greedy":
            return await Greedy()(ctx)
        if choice.needs_verifier:
            pilots = await _score_finished(ctx, pilots)
        if choice.strategy in _TREE_SEARCHES:
            return [*pilots, *await self._search_tree(ctx, choice, choice.n - len(pilots))]
        is_over = when_settled(choice.vote) if self.early_stop else None
        return await draw_answers(
            ctx, choice.n, is_over, scored=choice.needs_verifier, begun=pilots
        )

    async def _search_tree(self, ctx: Context, choice: Choice, n: int) -> Sequence[Node]:
        width = min(choice.beam_width or 1, n)
        if width == 0:
            return []
        search = _TREE_SEARCHES[choice.strategy]
        return await search(n=n - n % width, beam_width=width, max_steps=self.max_steps)(ctx)


async def _score_finished(ctx: Context, pilots: Sequence[Node]) -> list[Node]:
    """The same nodes; the finished ones with their scores, at no cost where they have them."""
    scores = iter(await ctx.score([pilot for pilot in pilots if pilot.finished]))
    return [next(scores) if pilot.finished else pilot for pilot in pilots]


def _load(policy: Policy | str | PathLike[str] | None) -> Policy:
    if policy is None:
        return PUBLISHED
    return policy if isinstance(policy, Policy) else Policy.load(policy)
