"""A pool's worker without a process: it takes a second per call, and dies of certain texts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from tts_async.errors import BrokenWorker, VerifierUnavailable
from tts_async.types.verification import Aggregation, ScoreRequest

SECONDS = 1.0
POISON, MALICE = "poison", "malice"
"""Texts that end the worker: always, and only in company."""


def score_of(request: ScoreRequest) -> list[float]:
    """What every worker says of a path."""
    return [len(step) / 1000 for step in request.steps]


@dataclass(eq=False)
class SimulatedWorker:
    """Keeps a record: the problems it was ``asked`` about, and who was in flight ``together``."""

    device: str
    threads: int
    capacity: int = 8
    aggregation: Aggregation = "prod"
    context_length: int = 512
    broken: str | None = None
    load_seconds: float = 3.0
    pid: int | None = None
    alive: bool = False
    starts: int = 0
    asked: list[str] = field(default_factory=list)
    together: list[list[str]] = field(default_factory=list)
    _in_flight: "dict[asyncio.Future[None], str]" = field(default_factory=dict)

    async def start(self) -> None:
        """Load."""
        if self.alive:
            return
        self.starts += 1
        await asyncio.sleep(self.load_seconds)
        if self.broken is not None:
            raise VerifierUnavailable(self.broken)
        self.alive, self.pid = True, self.starts

    async def attempt(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """Scores after a second, unless the worker dies in the middle of it."""
        if not self.alive:
            raise BrokenWorker("not there")
        own = requests[0].problem.id
        self.asked.append(own)
        death: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._in_flight[death] = own
        self.together.append(list(self._in_flight.values()))
        company = len(self._in_flight) > 1
        texts = {step for request in requests for step in request.steps}
        try:
            await asyncio.wait([death], timeout=SECONDS / 2)
            if POISON in texts or (MALICE in texts and company):
                self.die()
            await asyncio.wait([death], timeout=SECONDS / 2)
            if death.done():
                death.result()
            return [score_of(request) for request in requests]
        except asyncio.CancelledError:
            if POISON in texts:  # it is too late to drop
                asyncio.get_running_loop().call_later(SECONDS / 4, self.die)
            raise
        finally:
            del self._in_flight[death]

    def die(self) -> None:
        """All at once."""
        self.alive, self.pid = False, None
        for death in self._in_flight:
            if not death.done():
                death.set_exception(BrokenWorker("it died"))

    async def statistics(self) -> int:
        """Calls so far."""
        return len(self.asked)

    async def aclose(self) -> None:
        """Like a death, and nobody starts it again."""
        self.die()
        self.broken = "closed"
