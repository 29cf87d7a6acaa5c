"""From arguments to results: the two tools, without the protocol around them."""

import secrets
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError, TTSError
from tts_async.evaluation.plans import candidates_within, fitting_width, option_names
from tts_async.mcp_server.answers import Comparison, Solution, compare, row_of, solution_of
from tts_async.mcp_server.arguments import CompareArguments, SearchArguments, SolveArguments
from tts_async.mcp_server.progress import Progress, Report
from tts_async.solver import Solver
from tts_async.strategies import STRATEGIES, Strategy, make_strategy, name_of, needs_verifier
from tts_async.types.budget import Budget
from tts_async.types.events import SearchFinished
from tts_async.types.result import Result

SEED_BITS: Final = 31

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Runs what clients ask for on a solver. ``max_candidates`` bounds the ``n`` of a search."""

    solver: Solver
    max_candidates: int

    def strategies(self) -> list[str]:
        """The names of all that can be used here."""
        has_verifier = self.solver.has_verifier
        return [
            name for name in STRATEGIES if has_verifier or not needs_verifier(make_strategy(name))
        ]

    async def solve(self, arguments: SolveArguments, report: Report) -> Solution:
        """One search. Raises ``TTSError``."""
        strategy = self._strategy(arguments.strategy, arguments.n)
        result = await self._search(arguments, strategy, _seed(arguments), Progress(report))
        return solution_of(result)

    async def compare(self, arguments: CompareArguments, report: Report) -> Comparison:
        """Several searches side by side; one that fails is a line of the answer."""
        names = arguments.strategies or self.strategies()
        if len(set(names)) < len(names):
            raise ConfigurationError("strategies: name each of them once")
        strategies = [self._strategy(name, self._fitting(name, arguments.n)) for name in names]
        seed, progress = _seed(arguments), Progress(report, searches=len(strategies))

        async def attempt(strategy: Strategy) -> Result | TTSError:
            try:
                return await self._search(arguments, strategy, seed, progress)
            except TTSError as error:
                return error

        outcomes = await gather(*map(attempt, strategies))
        rows = [row_of(name, outcome) for name, outcome in zip(names, outcomes, strict=True)]
        groups = await self.solver.checker.group([row.answer for row in rows])
        return compare(rows, groups, seed)

    async def _search(
        self, arguments: SearchArguments, strategy: Strategy, seed: int, progress: Progress
    ) -> Result:
        events = self.solver.stream(
            arguments.problem, strategy=strategy, budget=self._budget(arguments), seed=seed
        )
        async with aclosing(events):
            async for event in events:
                await progress.take(event)
        assert isinstance(event, SearchFinished)
        return event.result

    def _strategy(self, name: str | None, n: int | None) -> Strategy:
        """The strategy of that name, or the solver's own, with ``n`` candidates."""
        if n is not None and n > self.max_candidates:
            raise ConfigurationError(f"n: at most {self.max_candidates} here, got {n}")
        strategy = self.solver.strategy if name is None else make_strategy(name)
        name = name or name_of(strategy)
        n = n or candidates_within(strategy, self.max_candidates)
        if n is not None:
            width = fitting_width(n) if "beam_width" in option_names(name) else None
            strategy = make_strategy(name, n=n, beam_width=width)
        is_own = strategy is self.solver.strategy  # it knows best whether it can do without
        if not is_own and needs_verifier(strategy) and not self.solver.has_verifier:
            raise ConfigurationError(
                f"strategy: {name} scores steps, and this server has no verifier; "
                f"choose one of {', '.join(self.strategies())}"
            )
        return strategy

    def _budget(self, arguments: SearchArguments) -> Budget:
        """A client may be content with less than the solver allows, and gets no more."""
        usual = self.solver.settings.budget
        return replace(
            usual,
            tokens=_least(usual.tokens, arguments.tokens),
            seconds=_least(usual.seconds, arguments.seconds),
        )

    @staticmethod
    def _fitting(name: str, n: int | None) -> int | None:
        """``n`` is for those that have candidates; the others are compared as they are."""
        return n if "n" in option_names(name) else None


def _least(allowed: N | None, wanted: N | None) -> N | None:
    given = [limit for limit in (allowed, wanted) if limit is not None]
    return min(given, default=None)


def _seed(arguments: SearchArguments) -> int:
    return secrets.randbits(SEED_BITS) if arguments.seed is None else arguments.seed
