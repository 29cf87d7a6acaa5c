"""What a request asks of the engine, with the gateway's limits in it."""

import secrets
from dataclasses import dataclass, fields, replace
from typing import Final

from tts_async.gateway.access import Tenant
from tts_async.gateway.conversation import read_conversation
from tts_async.gateway.errors import above_limit
from tts_async.gateway.schema import BudgetOptions, ChatRequest, SearchOptions
from tts_async.gateway.strategy_choice import StrategyChoice
from tts_async.strategies import Strategy, name_of
from tts_async.types.budget import Budget
from tts_async.types.generation import Sampling
from tts_async.types.problem import Problem

SEED_BITS: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """One search, ready to run. ``deadline`` in seconds."""

    problem: Problem
    strategy: Strategy
    sampling: Sampling
    budget: Budget
    deadline: float | None
    seed: int

    @property
    def candidates(self) -> int:
        """How many the search may draw."""
        candidates: int = getattr(self.strategy, "n", 1)
        return candidates

    @property
    def most_tokens(self) -> int:
        """What the search may cost: an upper bound where every answer is one continuation."""
        tokens = self.candidates * self.sampling.max_tokens
        return tokens if self.budget.tokens is None else min(tokens, self.budget.tokens)


def make_plan(request: ChatRequest, tenant: Tenant, choice: StrategyChoice) -> SearchPlan:
    """The search that is asked for; raises ``GatewayError`` for one that cannot be had."""
    options = request.tts or SearchOptions()
    settings, usual = choice.settings, choice.solver.settings
    if request.n is not None and request.n > settings.max_choices:
        raise above_limit("n", request.n, settings.max_choices)
    instructions = None if options.instructions is False else usual.system_prompt
    text, history = read_conversation(request.messages, instructions)
    length = len(text) + sum(len(turn["content"]) for turn in history)
    if length > settings.max_prompt_characters:
        raise above_limit("messages", length, settings.max_prompt_characters, "characters")
    seconds = (options.deadline_s, settings.max_seconds)
    plan = SearchPlan(
        problem=Problem(
            text,
            history=history,
            priority=tenant.priority + (options.priority or 0),
            tenant=tenant.name,
            metadata={} if request.user is None else {"user": request.user},
        ),
        strategy=choice.choose(request.model, options),
        sampling=_sampling(request, usual.sampling),
        budget=_least(usual.budget, options.budget),
        deadline=min((s for s in seconds if s is not None), default=None),
        seed=secrets.randbits(SEED_BITS) if request.seed is None else request.seed,
    )
    tenant.permit(name_of(plan.strategy), plan.candidates)
    return plan


def _sampling(request: ChatRequest, usual: Sampling) -> Sampling:
    """The request's wishes on the generator's own habits; the operator's limit stays one."""
    wishes = {"temperature": request.temperature, "top_p": request.top_p}
    most = request.answer_tokens
    return replace(
        usual,
        **{name: value for name, value in wishes.items() if value is not None},
        max_tokens=usual.max_tokens if most is None else min(most, usual.max_tokens),
    )


def _least(usual: Budget, asked: BudgetOptions | int | None) -> Budget:
    """The stricter of the operator's budget and the request's, limit by limit."""
    wanted = BudgetOptions(tokens=asked) if isinstance(asked, int) else asked or BudgetOptions()
    pairs = {
        limit.name: (getattr(usual, limit.name), getattr(wanted, limit.name))
        for limit in fields(Budget)
    }
    return Budget(
        **{
            name: min((value for value in values if value is not None), default=None)
            for name, values in pairs.items()
        }
    )
