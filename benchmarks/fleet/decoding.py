"""A server with continuous batching, without the model.

``ContinuousBatch`` is the arithmetic: who runs, who waits, when the next sequence ends. Sequences
come and go between two decoding steps, and until one does every step takes the same time, so
nothing has to happen at each of them. ``DecodingServer`` puts timers around it.
"""

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from benchmarks.fleet.costs import GeneratorCosts
from benchmarks.fleet.prefix_cache import PrefixCache
from benchmarks.fleet.stopwatch import Stopwatch
from benchmarks.fleet.trace import Drawn, Place


@dataclass(eq=False, slots=True)
class Run:
    """One continuation on its way: what is drawn, behind a path of ``context`` tokens."""

    start: Place
    context: int
    drawn: Sequence[Drawn]
    tokens: int
    aborted: bool = False


@dataclass(slots=True)
class DecodingTotals:
    """What a server did, in tokens and simulated seconds.

    ``context`` adds up, over all tokens generated, the tokens that were attended to; ``running``
    adds up sequences times seconds; ``aborted`` tokens belong to sequences that nobody awaited to
    their end.
    """

    sequences: int = 0
    tokens: int = 0
    aborted: int = 0
    prefill: int = 0
    context: float = 0.0
    running: float = 0.0


class ContinuousBatch:
    """The sequences that run and those that wait; time passes only in ``advance``."""

    def __init__(self, costs: GeneratorCosts) -> None:
        self.costs = costs
        self.totals = DecodingTotals()
        self.history: list[tuple[float, int]] = []
        """Sequences in the batch from each moment on."""
        self.due: float | None = None
        """When something happens next."""
        self._cache = PrefixCache(costs.cache_tokens, costs.block)
        self._waiting: deque[Run] = deque()
        self._running: list[tuple[int, int, Run]] = []  # a heap by the step at which they end
        self._order = count()
        self._aborts = False  # whether some in the batch were aborted
        self._steps = 0  # decoding steps up to the anchor
        self._context = 0  # tokens of all running sequences at the anchor
        self._anchor = 0.0  # the last moment at which the batch changed
        self._stall = 0.0  # seconds of prefill behind it
        self._step = 0.0  # seconds of a decoding step until it changes again

    @property
    def running(self) -> int:
        """Sequences in the batch."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Sequences in line."""
        return len(self._waiting)

    def submit(self, runs: Sequence[Run], now: float) -> None:
        """Put sequences in line; they join the batch before its next step."""
        self._waiting.extend(runs)
        if self.running < self.costs.max_num_seqs:
            self._look_up(now)

    def abort(self, runs: Sequence[Run], now: float) -> None:
        """Take sequences out, wherever they are."""
        self._aborts = True
        for run in runs:
            run.aborted = True
        self._waiting = deque(run for run in self._waiting if not run.aborted)
        self._look_up(now)

    def advance(self, now: float) -> list[Run]:
        """Let time pass; the sequences that ended, in order."""
        ended: list[Run] = []
        while self.due is not None and self.due <= now:
            ended += self._turn(self.due)
        return ended

    def _look_up(self, now: float) -> None:
        """See to the line at the next boundary between two steps."""
        if not self._running:
            self.due = max(now, self._anchor) if self._waiting else None
            return
        done = max(1, math.ceil((now - self._anchor - self._stall) / self._step))
        boundary = self._anchor + self._stall + done * self._step
        assert self.due is not None
        self.due = min(self.due, boundary)

    def _turn(self, now: float) -> list[Run]:
        ended = self._pass_time(now)
        admitted = self._admit()
        if ended or admitted or not self._running:
            self.history.append((now, self.running))
        self._stall = admitted * self.costs.prefill
        self._anchor = now
        self._step = self.costs.step(self.running, self._context)
        self.due = None
        if self._running:
            steps = self._running[0][0] - self._steps
            self.due = now + self._stall + steps * self._step
        return [run for run in ended if not run.aborted]

    def _pass_time(self, now: float) -> list[Run]:
        """The steps since the anchor; who has ended."""
        batch = self.running
        self.totals.running += batch * (now - self._anchor)
        if batch:
            steps = round((now - self._anchor - self._stall) / self._step)
            self._steps += steps
            self.totals.tokens += batch * steps
            self.totals.context += self._context * steps
            self._context += batch * steps
        ended = []
        while self._running and self._running[0][0] <= self._steps:
            ended.append(heapq.heappop(self._running)[-1])
        for run in ended:
            self._context -= run.context + run.tokens
            self._remember(run)
        if self._aborts:
            self._drop_aborted()
        return ended

    def _admit(self) -> int:
        """Fill the batch from the line; the tokens to prefill."""
        uncached = 0
        while self._waiting and self.running < self.costs.max_num_seqs:
            run = self._waiting.popleft()
            uncached += run.context - self._cache.hit(run.start.digest, run.context)
            self._cache.add(run.start.digest, None, run.context)  # siblings share it at once
            self._context += run.context
            self.totals.sequences += 1
            heapq.heappush(self._running, (self._steps + run.tokens, next(self._order), run))
        self.totals.prefill += uncached
        return uncached

    def _remember(self, run: Run) -> None:
        parent = run.start
        for step in run.drawn:
            self._cache.add(step.place.digest, parent, step.tokens)
            parent = step.place

    def _drop_aborted(self) -> None:
        self._aborts = False
        for ends, _, run in self._running:
            if run.aborted:
                generated = run.tokens - (ends - self._steps)
                self.totals.aborted += generated
                self._context -= run.context + generated
        self._running = [entry for entry in self._running if not entry[-1].aborted]
        heapq.heapify(self._running)


class DecodingServer:
    """A ``ContinuousBatch`` that lives through time."""

    def __init__(self, costs: GeneratorCosts, clock: Stopwatch) -> None:
        self.batch = ContinuousBatch(costs)
        self.service = 0.0
        """Simulated seconds that requests had to spend here, added up."""
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._ends: dict[Run, asyncio.Future[float]] = {}

    async def decode(self, runs: Sequence[Run]) -> None:
        """Until all of them have ended; cancelled, they are aborted."""
        loop, start = asyncio.get_running_loop(), self._clock.now()
        futures = {run: loop.create_future() for run in runs}
        self._ends |= futures
        self.batch.submit(runs, start)
        self._set_timer()
        try:
            ended = max([await future for future in futures.values()])
            self.service += ended - start
        finally:
            # Cancelling whoever awaits a future cancels the future as well.
            left = [run for run, end in futures.items() if not end.done() or end.cancelled()]
            if left:
                self.batch.abort(left, self._clock.now())
                self._set_timer()
            for run in runs:
                self._ends.pop(run, None)

    def _set_timer(self) -> None:
        if self.batch.due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = self.batch.due
        self._timer = None if self._due is None else self._clock.call_at(self._due, self._tick)

    def _tick(self, moment: float) -> None:
        self._due = None
        for run in self.batch.advance(moment):
            future = self._ends.pop(run, None)
            if future is not None and not future.done():
                future.set_result(moment)
        self._set_timer()
