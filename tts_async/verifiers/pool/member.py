"""One worker's place in the pool, and what happens when the worker dies.

Every call that was in flight then is a *suspect*: one of them may be what killed it. The worker is
started again and the suspects are asked once more, one at a time and with nothing beside them. So
the innocent get their scores, whoever they were with, and an input that kills its worker again is
known beyond doubt: it is that call's ``VerificationError`` and nobody else's. Until the last
suspect is through, the worker takes no other calls.

Rejected: asking all suspects again together. It is faster after a death that no input has caused,
but one poisoned path then costs two lives before the search for it begins. A retry alone costs
milliseconds, a life the time to load the model.
"""

import asyncio
from collections.abc import Sequence
from itertools import chain, repeat

from tts_async.errors import BrokenWorker, VerificationError, VerifierUnavailable
from tts_async.types.verification import ScoreRequest, StepScores
from tts_async.verifiers.pool.pulse import Pulse
from tts_async.verifiers.pool.state import State
from tts_async.verifiers.pool.worker import PoolWorker

PAUSES = (0.0, 1.0, 5.0)
"""Seconds before each attempt to start a dead worker; when all have failed, it counts as lost."""
LAST_PAUSE = 60.0
"""And from then on, in case somebody frees the memory that it lacked."""


class Lost(Exception):
    """The worker cannot be started again; another one may answer the call."""


class Member:
    """A worker and its state; beats the ``pulse`` whenever it may take calls again, or is lost."""

    def __init__(self, worker: PoolWorker, device: str, pulse: Pulse) -> None:
        self.worker = worker
        self.device = device
        self.in_flight = 0
        """Paths, suspects included."""
        self._lives = 0
        self.lost: str | None = None
        """Why it could not be started for so long that nobody should wait for it."""
        self._pulse = pulse
        self._closed = False
        self._suspects = 0
        self._turn = asyncio.Lock()
        self._abandoned = False
        """Whether the worker may still be at a suspect that was cancelled."""
        self._revival: asyncio.Task[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether it may get a call now."""
        return self.worker.alive and not self._suspects

    @property
    def state(self) -> State:
        """In a word."""
        if self.worker.alive:
            return "retrying" if self._suspects else "ready"
        return "loading" if self.lost is None else "lost"

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return max(0, self._lives - 1)

    def has_room(self, paths: int) -> bool:
        """Whether so many more paths are within its capacity."""
        return self.in_flight + paths <= self.worker.capacity

    async def start(self) -> None:
        """Begin the first life; raises ``VerifierUnavailable``."""
        await self.worker.start()
        self._lives += 1
        self._abandoned = False

    def revive(self) -> None:
        """See to it that the worker lives; does not wait."""
        if not self.worker.alive and (self._revival is None or self._revival.done()):
            self._revival = asyncio.create_task(self._restart())

    async def score(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """One list per request. Raises ``Lost``, and what the worker says about the requests."""
        self.in_flight += len(requests)
        try:
            return await self.worker.attempt(requests)
        except BrokenWorker:
            self._check_open()
            return await self._score_alone(requests)
        finally:
            self.in_flight -= len(requests)

    async def aclose(self) -> None:
        """End the worker; its calls raise ``VerifierUnavailable``. Safe to call twice."""
        self._closed = True
        self._pulse.beat()
        if self._revival is not None:
            self._revival.cancel()
            await asyncio.wait([self._revival])
        await self.worker.aclose()

    def __repr__(self) -> str:
        pid = f", pid {self.worker.pid}" if self.worker.pid else ""
        restarts = f", {self.restarts} restarts" if self.restarts > 0 else ""
        return f"{self.device} {self.state}{pid}{restarts}, {self.in_flight} paths in flight"

    async def _score_alone(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        self._suspects += 1
        try:
            async with self._turn:
                while True:
                    await self._alive()
                    doubtful, self._abandoned = self._abandoned, False
                    try:
                        return await self.worker.attempt(requests)
                    except asyncio.CancelledError:
                        self._abandoned = True
                        raise
                    except BrokenWorker as error:
                        self._check_open()
                        if not doubtful:
                            raise _verdict(requests, error) from error
        finally:
            self._suspects -= 1
            self._pulse.beat()

    async def _alive(self) -> None:
        """Wait until the worker lives; raises ``Lost``, ``VerifierUnavailable`` if closed."""
        while not self.worker.alive:
            self._check_open()
            self.revive()
            if self.lost is not None:
                raise Lost
            await self._pulse.wait()

    def _check_open(self) -> None:
        if self._closed:
            raise VerifierUnavailable("the verifier pool is closed")

    async def _restart(self) -> None:
        for attempt, pause in enumerate(chain(PAUSES, repeat(LAST_PAUSE)), start=1):
            await asyncio.sleep(pause)
            try:
                await self.start()
            except Exception as error:  # noqa: BLE001 - whatever it is, callers wait to hear of it
                if attempt >= len(PAUSES):
                    self.lost = f"{self.device}: {error}"
                    self._pulse.beat()
            else:
                self.lost = None
                self._pulse.beat()
                return


def _verdict(requests: Sequence[ScoreRequest], error: BrokenWorker) -> VerificationError:
    tags = ", ".join(dict.fromkeys(request.problem.id for request in requests))
    return VerificationError(
        f"these {len(requests)} paths of problem {tags} have ended their worker twice, "
        f"the second time with nothing beside them: {error}"
    )
