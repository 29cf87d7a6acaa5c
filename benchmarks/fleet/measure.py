"""One row: a schedule solves the problems on simulated machines, and what came of it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from statistics import mean, quantiles
from typing import Any

from benchmarks.fleet.baselines import Job, gather, lock_step
from benchmarks.fleet.bound import lower_bound
from benchmarks.fleet.costs import COSTS, Costs
from benchmarks.fleet.decoding import DecodingServer, DecodingTotals
from benchmarks.fleet.http_server import http_server, read_statistics
from benchmarks.fleet.in_process import SimulatedGenerator, SimulatedVerifier
from benchmarks.fleet.rounds import AnyStrategy
from benchmarks.fleet.scoring import ScoringDevice, ScoringTotals
from benchmarks.fleet.stopwatch import Stopwatch
from tts_async import Problem, Solver
from tts_async.generation import VLLMGenerator
from tts_async.testing import run_virtual
from tts_async.types.generation import GenerationRequest, Step

SPECULATES = "speculate" in inspect.signature(Solver).parameters


@dataclass(frozen=True, slots=True)
class Schedule:
    """How searches are run, and what kind of verifier they have.

    ``reuse`` and ``merge`` are the verifier's: prefix reuse, and batches across calls.
    """

    name: str
    run: Callable[[Job, int], Awaitable[None]]
    reuse: bool = True
    merge: bool = True


async def ours(job: Job, capacity: int, **options: Any) -> None:
    """``Solver.solve_many``, as a user would call it."""
    del capacity  # the generator says it
    async with (
        Solver(
            generator=job.generator, verifier=job.verifier, strategy=job.strategy, **options
        ) as solver,
        aclosing(solver.solve_many(job.problems)) as results,
    ):
        async for result in results:
            if result.error is not None:
                raise RuntimeError(f"{result.problem.id}: {result.error}")
            job.done(result.problem)


async def speculating(job: Job, capacity: int) -> None:
    """The same with speculation."""
    await ours(job, capacity, speculate=True)


async def in_lock_step(job: Job, capacity: int) -> None:
    """The reference implementation leaves the queue to the server."""
    del capacity
    await lock_step(job)


SCHEDULES = (
    Schedule("lock_step", in_lock_step, reuse=False),
    Schedule("lock_step, our verifier", in_lock_step),
    Schedule("gather", gather, reuse=False, merge=False),
    Schedule("gather, our verifier", gather),
    Schedule("tts_async, whole texts", ours, reuse=False),
    Schedule("tts_async", ours),
    *([Schedule("tts_async, speculating", speculating)] if SPECULATES else []),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run did: times in simulated seconds, and the machines' own books."""

    makespan: float
    latencies: Sequence[float]
    decoding: DecodingTotals
    scoring: ScoringTotals
    running: Sequence[tuple[float, int]]
    batches: Sequence[tuple[float, float]]
    lag: float = 0.0


def run_in_virtual_time(
    schedule: Schedule,
    problems: Sequence[Problem],
    strategy: AnyStrategy,
    costs: Costs,
    capacity: int,
) -> Measured:
    """On machines in this process, in no time of its own."""

    async def main() -> Measured:
        clock = Stopwatch()
        server = DecodingServer(costs.generator, clock)
        device = ScoringDevice(costs.verifier, clock, reuse=schedule.reuse, merge=schedule.merge)
        latencies: list[float] = []
        job = Job(
            generator=SimulatedGenerator(server, capacity),
            verifier=SimulatedVerifier(device, capacity),
            problems=problems,
            strategy=strategy,
            done=lambda _: latencies.append(clock.now()),
        )
        await schedule.run(job, capacity)
        return Measured(
            makespan=clock.now(),
            latencies=latencies,
            decoding=server.batch.totals,
            scoring=device.totals,
            running=server.batch.history,
            batches=device.history,
        )

    return run_virtual(main())


class Observed:
    """A generator, and how many simulated seconds its calls took together."""

    def __init__(self, generator: VLLMGenerator, clock: Stopwatch) -> None:
        self.capacity = generator.capacity
        self.seconds = 0.0
        self._generator = generator
        self._clock = clock

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Pass on."""
        start = self._clock.now()
        try:
            return await self._generator.generate(request)
        finally:
            self.seconds += self._clock.now() - start


def run_over_http(
    schedule: Schedule,
    problems: Sequence[Problem],
    strategy: AnyStrategy,
    costs: str,
    capacity: int,
    *,
    scale: float,
) -> Measured:
    """On a server in a process of its own, in real time: ``scale`` seconds for a simulated one.

    ``lag`` is the share by which requests took longer than the server's model says, or batches of
    the verifier did: what this machine's own slowness adds.
    """

    async def main() -> Measured:
        async with (
            http_server(costs, scale) as url,
            VLLMGenerator(url, capacity=max(capacity, 1024)) as vllm,
        ):
            clock = Stopwatch(scale)
            device = ScoringDevice(
                COSTS[costs].verifier, clock, reuse=schedule.reuse, merge=schedule.merge
            )
            generator = Observed(vllm, clock)
            generator.capacity = capacity
            latencies: list[float] = []
            job = Job(
                generator=generator,
                verifier=SimulatedVerifier(device, capacity),
                problems=problems,
                strategy=strategy,
                done=lambda _: latencies.append(clock.now()),
            )
            await schedule.run(job, capacity)
            makespan = clock.now()
            said = await read_statistics(url)
        return Measured(
            makespan=makespan,
            latencies=latencies,
            decoding=DecodingTotals(**said["totals"]),
            scoring=device.totals,
            running=said["history"],
            batches=device.history,
            lag=max(generator.seconds / said["service"] - 1, clock.late / device.totals.busy),
        )

    return asyncio.run(main())


def as_row(measured: Measured, costs: Costs, critical_path: float, needed: int) -> dict[str, Any]:
    """The figures of a run; ``needed`` tokens would have been enough."""
    makespan, spent = measured.makespan, measured.decoding.tokens
    bound = lower_bound(
        costs, measured.decoding, measured.scoring, critical_path, share=needed / spent
    )
    return {
        "makespan_s": round(makespan, 2),
        "eta": round(bound.seconds / makespan, 3),
        "occupancy": round(measured.decoding.running / makespan / costs.generator.max_num_seqs, 3),
        "verifier_busy": round(measured.scoring.busy / makespan, 3),
        "mean_s": round(mean(measured.latencies), 2),
        "p95_s": round(_percentile(measured.latencies, 95), 2),
        "waste": round(1 - needed / spent, 4),
        "bound": {name: round(value, 2) for name, value in asdict(bound).items()},
        "prm_tokens": measured.scoring.tokens,
        "generated_tokens": spent,
    }


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]
