"""The verifier in front of several workers."""

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tts_async.concurrency import gather
from tts_async.errors import TTSError, VerifierUnavailable
from tts_async.types.checkup import Feature, ServiceReport
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores
from tts_async.verifiers.local import LocalVerifier
from tts_async.verifiers.pool.devices import places
from tts_async.verifiers.pool.member import Lost, Member
from tts_async.verifiers.pool.pulse import Pulse
from tts_async.verifiers.pool.routing import Router
from tts_async.verifiers.pool.state import WorkerStatistics
from tts_async.verifiers.pool.worker import PoolWorker


class VerifierPool:
    """Runs one reward model in a process per device, and loses no request when one dies.

    ``devices`` is a name or several: ``"cuda:0"``, ``"cpu"``, and ``"cpu:4"`` for four workers on
    the CPU. ``threads`` are the CPU threads of all workers together; by default each has one.
    ``model`` and ``options`` are those of ``LocalVerifier``, for each worker; ``capacity`` and
    ``cache_tokens`` add up.

    The paths of one problem go to one worker, where their beginnings are in memory, as long as it
    is up and has room. A worker that dies or hangs (``hang_timeout``) is started again. The calls
    it had are then asked once more, one at a time and alone, so that an input that kills its worker
    is told apart from those that were merely beside it. Searches notice nothing but the time.

    ``worker`` makes a worker: it is called with ``model``, ``device``, ``threads`` and ``options``.
    Give another one for workers that are no processes of this machine.

    Raises ``VerifierUnavailable`` on entering when a worker cannot load the model, later when none
    can be started any more, and after closing; ``VerificationError`` for paths that cannot be
    scored, among them those that have ended their worker twice; ``ConfigurationError``.
    """

    def __init__(
        self,
        model: str | Path,
        devices: str | Sequence[str] = "cpu",
        *,
        threads: int | None = None,
        worker: Callable[..., PoolWorker] = LocalVerifier,
        **options: Any,
    ) -> None:
        self.model = os.fspath(model)
        self._pulse = Pulse()
        self._members = tuple(
            Member(
                worker(model, device=place.device, threads=place.threads, **options),
                place.device,
                self._pulse,
            )
            for place in places(devices, threads)
        )
        self._router = Router(self._members)
        self._closed = False

    @property
    def aggregation(self) -> Aggregation | None:
        """How this model's step scores should become one number; known when it is loaded."""
        return self._members[0].worker.aggregation

    @property
    def identity(self) -> Any:
        """What decides its scores besides the weights; a journal keeps it."""
        return getattr(self._members[0].worker, "identity", None)

    @property
    def capacity(self) -> int:
        """Paths to send at a time, for all workers together."""
        return sum(member.worker.capacity for member in self._members)

    @property
    def context_length(self) -> int | None:
        """Positions of the model, problem included; None until the model is loaded."""
        return self._members[0].worker.context_length

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One list of step scores per request; cancelling the call drops its work."""
        of_problem: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            of_problem.setdefault(request.problem.id, []).append(index)
        answers = await gather(
            *(self._score([requests[i] for i in own]) for own in of_problem.values())
        )
        scores: dict[int, StepScores] = {}
        for indices, own in zip(of_problem.values(), answers, strict=True):
            scores.update(zip(indices, own, strict=True))
        return [scores[index] for index in range(len(requests))]

    async def statistics(self) -> list[WorkerStatistics]:
        """The state of every worker, with its own numbers as of its next turn.

        One that is found dead is started again, which is not waited for.
        """
        return await gather(*map(self._look_at, self._members))

    async def check(self) -> list[ServiceReport]:
        """What runs here: a report per worker."""
        return [self._report(found) for found in await self.statistics()]

    async def aclose(self) -> None:
        """End every worker, in the middle of loading too; safe to call twice."""
        self._closed = True
        await gather(*(member.aclose() for member in self._members))

    async def __aenter__(self) -> Self:
        try:
            await gather(*(member.start() for member in self._members))
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _score(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """The paths of one problem, by one worker."""
        while True:
            member = await self._choose(requests[0].problem.id, len(requests))
            try:
                return await member.score(requests)
            except Lost:
                continue  # it died and cannot be started again: somebody else's turn

    async def _choose(self, problem_id: str, paths: int) -> Member:
        """Wait for a worker that takes calls, and see to those that are down."""
        while True:
            if self._closed:
                raise VerifierUnavailable(f"{self.model}: the verifier pool is closed")
            for member in self._members:
                member.revive()
            if chosen := self._router.choose(problem_id, paths):
                return chosen
            reasons = [member.lost for member in self._members]
            if all(reasons):
                raise VerifierUnavailable(f"no worker can be started again: {reasons[0]}")
            await self._pulse.wait()

    async def _look_at(self, member: Member) -> WorkerStatistics:
        scoring = None
        if not self._closed:
            member.revive()  # one that died while it had nothing to do: nobody else has noticed
        with contextlib.suppress(TTSError):  # it may die meanwhile, which is what we then report
            if member.worker.alive:
                scoring = await member.worker.statistics()
        return WorkerStatistics(
            device=member.device,
            pid=member.worker.pid,
            state=member.state,
            in_flight=member.in_flight,
            restarts=member.restarts,
            reason=member.lost,
            scoring=scoring,
        )

    def _report(self, found: WorkerStatistics) -> ServiceReport:
        detail = f"{found.in_flight} paths in flight, {found.restarts} restarts"
        works = Feature(name=found.state, works=found.reason is None, detail=detail)
        return ServiceReport(
            role="verifier",
            kind="local reward model",
            where=f"{self.model} on {found.device}",
            model=Path(self.model).name,
            context_length=self.context_length,
            capacity=self.capacity // len(self._members),
            features=(works,),
            error=found.reason,
        )

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self._members))
        return f"<VerifierPool {self.model}, aggregation {self.aggregation}: {shown}>"
