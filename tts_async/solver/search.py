"""One search from start to result, whatever way it ends."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tts_async.answers import Selection
from tts_async.errors import BudgetExhausted, TTSError
from tts_async.journal.journal import RecordedRun
from tts_async.solver.election import elect
from tts_async.solver.recording import is_final
from tts_async.strategies import Context, Resources, Settings, Strategy, name_of
from tts_async.strategies.protocol import OwnElection
from tts_async.types.budget import Spend
from tts_async.types.events import (
    Event,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)
from tts_async.types.node import Node
from tts_async.types.problem import Problem
from tts_async.types.result import Election, Result, StopReason
from tts_async.types.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Everything one run of a strategy needs.

    ``deadline`` and ``run_end``, where the budget of the whole run ends, are moments of the event
    loop's clock, or ``None``. ``recorded``: the run in a journal that it belongs to.
    """

    problem: Problem
    strategy: Strategy
    resources: Resources
    settings: Settings
    emit: Callable[[Event], None]
    deadline: float | None = None
    run_end: float | None = None
    recorded: RecordedRun | None = None

    async def run(self) -> Result:
        """Search, vote, report. A spent budget or a deadline still gives a result."""
        now = asyncio.get_running_loop().time
        tag, number = self.problem.id, self.settings.age
        started = now()
        self.emit(
            SearchStarted(
                problem_id=tag,
                search=number,
                at=started,
                problem=self.problem,
                strategy=repr(self.strategy),
            )
        )
        try:
            result = await self._recall() or await self._search(started)
        except asyncio.CancelledError:
            self.emit(SearchCancelled(problem_id=tag, search=number, at=now()))
            raise
        except Exception as error:
            self.emit(SearchFailed(problem_id=tag, search=number, at=now(), error=error))
            raise
        self.emit(SearchFinished(problem_id=tag, search=number, at=now(), result=result))
        return result

    async def _search(self, started: float) -> Result:
        context = Context(self.problem, self.resources, self.settings, self.emit)
        stop_reason, nodes = await self._explore(context, started)
        election = await self._elect(context, nodes)
        context.spend.seconds = asyncio.get_running_loop().time() - started
        result = self._result(context, election, stop_reason)
        if self.recorded is not None and is_final(result, timed=self._timed):
            await self.recorded.record(result)  # what the caller has seen is never lost
        return result

    async def _recall(self) -> Result | None:
        """The result of this very search, where a journal has it; it counts like a new one."""
        result = None if self.recorded is None else await self.recorded.find(self.problem)
        if result is not None and self.settings.run is not None:
            spend = result.spend
            self.settings.run.charge(
                tokens=spend.tokens,
                expansions=spend.expansions,
                verifier_calls=spend.verifier_calls,
            )
        return result

    @property
    def _timed(self) -> bool:
        """Whether a spent budget may be one of time, or one that others spent."""
        limits = (self.settings.budget.seconds, self.run_end, self.settings.run)
        return any(limit is not None for limit in limits)

    async def _explore(self, context: Context, started: float) -> tuple[StopReason, Sequence[Node]]:
        """Run the strategy within its limits; cut short, every finished answer is a candidate."""
        seconds = self.settings.budget.seconds
        limits: list[tuple[float | None, StopReason]] = []
        if seconds is not None:
            limits.append((started + seconds, "budget"))
        if self.run_end is not None:
            limits.append((self.run_end, "budget"))
        if self.deadline is not None:
            limits.append((self.deadline, "deadline"))
        moment, reason = min(limits, default=(None, "budget"))
        try:
            async with asyncio.timeout_at(moment) as limit:
                return "finished", await self.strategy(context)
        except BudgetExhausted:
            return "budget", context.tree.finished()
        except TimeoutError:
            if not limit.expired():
                raise
            return reason, context.tree.finished()
        finally:
            await context.aclose()

    async def _elect(self, context: Context, nodes: Sequence[Node]) -> Election:
        """The vote, or the strategy's own election where it brings one."""
        own: OwnElection | None = getattr(self.strategy, "elect", None)
        if own is not None:
            return await own(nodes, self.resources.checker)
        return await elect(nodes, self._selection(context), self.resources.checker)

    def _selection(self, context: Context) -> Selection:
        declared: Selection = getattr(self.strategy, "select", "weighted")
        return context.select or declared

    def _result(self, context: Context, election: Election, stop_reason: StopReason) -> Result:
        winner = election.winner
        if winner is None and stop_reason == "finished":
            stop_reason = "no_answer"
        return Result(
            problem=self.problem,
            answer=None if winner is None else winner.answer,
            text="" if winner is None else winner.text,
            confidence=election.confidence,
            stop_reason=stop_reason,
            strategy=name_of(self.strategy),
            n=getattr(self.strategy, "n", None),
            seed=self.settings.seed,
            candidates=election.candidates,
            votes=election.votes,
            spend=context.spend,
            tree=context.tree,
            chosen=context.chosen,
        )

    def failure(self, error: TTSError) -> Result:
        """The result that stands for a search that ended with an error."""
        return Result(
            problem=self.problem,
            answer=None,
            text="",
            confidence=0.0,
            stop_reason="error",
            strategy=name_of(self.strategy),
            n=getattr(self.strategy, "n", None),
            seed=self.settings.seed,
            candidates=(),
            votes=(),
            spend=Spend(),
            tree=Tree(),
            error=error,
        )
