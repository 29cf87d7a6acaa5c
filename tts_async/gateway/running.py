"""One search on behalf of a client: admitted, watched, paid for."""

from contextlib import aclosing
from dataclasses import dataclass

from tts_async.gateway.access import Tenant
from tts_async.gateway.parts import Access
from tts_async.gateway.search_plan import SearchPlan
from tts_async.gateway.search_progress import SearchProgress
from tts_async.solver import Solver
from tts_async.types.events import SearchFinished
from tts_async.types.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedSearch:
    """Runs a plan in its turn. ``tenant`` pays, also for a search that fails or is cancelled."""

    solver: Solver
    access: Access
    tenant: Tenant
    plan: SearchPlan
    progress: SearchProgress

    async def run(self) -> Result:
        """The result; cancelling the call ends the search and everything it has in flight."""
        async with self.access.admit(self.tenant, self.plan.most_tokens) as admission:
            try:
                return await self._search()
            finally:
                admission.spent(self.progress.tokens)

    async def _search(self) -> Result:
        plan = self.plan
        stream = self.solver.stream(
            plan.problem,
            strategy=plan.strategy,
            budget=plan.budget,
            deadline=plan.deadline,
            seed=plan.seed,
            sampling=plan.sampling,
        )
        async with aclosing(stream) as events:
            async for event in events:
                self.progress.watch(event)
                if isinstance(event, SearchFinished):
                    return event.result
        raise AssertionError("a search ends with a result or an error")
