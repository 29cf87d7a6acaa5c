"""What ``tts-async eval`` does once everything is put together: row after row, seen and saved."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from tts_async.evaluation import Folder, Report, Row, evaluate
from tts_async.evaluation.results import Results
from tts_async.evaluation.resume import keep_times
from tts_async.journal import Journal
from tts_async.observe import Progress
from tts_async.solver import Solver
from tts_async.strategies import Strategy
from tts_async.types.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Strategies to run over problems, and everybody who wants to know how that goes.

    ``earlier``: the results of the evaluation that this one goes on with.
    """

    solver: Solver
    journal: Journal
    problems: Sequence[Problem]
    plan: Sequence[Strategy]
    report: Report
    folder: Folder
    progress: Progress
    earlier: Results | None = None

    async def run(self) -> None:
        """Fill the report row by row; a row is on disk when the next one begins."""
        outcomes = len(self.problems) * len(self.report.seeds)
        self.progress.expect(outcomes * sum(map(_work_of, self.plan)), rows=len(self.plan))
        async with self.solver as solver:
            self.progress.watch(solver.statistics, self._asked_tokens)
            if self.earlier is None:  # from now on it can be resumed
                await self._save()
            async with self.report.occupancy.recording(solver.statistics) as clock:
                for strategy in self.plan:
                    row = self.report.begin(strategy)
                    self.report.occupancy.begin(row.label, clock())
                    self.progress.begin(row.label, outcomes, work=_work_of(strategy))
                    await self._fill(row)
                    await self._save()
        self.report.finish()

    async def _fill(self, row: Row) -> None:
        replayed = self.journal.statistics().replayed_tokens
        seeds = self.report.seeds
        async with aclosing(
            evaluate(self.solver, self.problems, row.strategy, seeds=seeds)
        ) as outcomes:
            async for outcome in outcomes:
                row.add(outcome)
                known = self.journal.statistics().replayed_tokens - replayed
                row.replayed_tokens = min(row.tokens, known)  # a search that ended drops some
                self.progress.judge(correct=outcome.correct)
                await asyncio.to_thread(self.folder.record, outcome)
        keep_times(self.earlier, row)

    async def _save(self) -> None:
        results = self.report.to_dict()
        await asyncio.to_thread(self.folder.save, results)

    def close(self) -> None:
        """Save what there is, however the run ended."""
        if self._asked_tokens():
            self.folder.keep()
        if any(row.runs for row in self.report.rows):
            self.folder.save(self.report.to_dict())

    def _asked_tokens(self) -> int:
        return self.journal.statistics().asked_tokens


def _work_of(strategy: Strategy) -> int:
    """What a search costs in comparison: about as much as it has candidates."""
    return getattr(strategy, "n", 1)
