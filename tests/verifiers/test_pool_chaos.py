"""Whatever happens to the workers of a pool, every path gets its right score, and nothing stays."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from tests.verifiers.pool_targets import POISON, QUICKSAND
from tests.verifiers.processes import gone
from tests.verifiers.target_verifier import target_pool
from tts_async.embedded import PRM_PATH
from tts_async.embedded.arithmetic import generate, solution
from tts_async.embedded.expressions import parse
from tts_async.errors import VerificationError, VerifierUnavailable
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest, StepScores
from tts_async.verifiers import VerifierPool, WorkerStatistics

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = 500
SMALL_BATCH = 200
"""Tokens; so that 500 paths take long enough for something to happen to them."""


def growing_paths() -> Iterator[ScoreRequest]:
    """Solutions of arithmetic problems, step by step."""
    rng = Random(0)
    for index in range(PATHS):
        drawn = generate(level=2, index=index)
        steps = solution(parse(drawn.expression), rng)
        for count in range(1, len(steps) + 1):
            yield ScoreRequest(Problem(drawn.text), tuple(steps[:count]))


REQUESTS = [request for request, _ in zip(growing_paths(), range(PATHS), strict=False)]


def open_files() -> list[str]:
    """What the file descriptors of this process point to; pipes and sockets by kind only."""
    names = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            names.append(str(link.readlink()).partition(":")[0])
        except FileNotFoundError:
            continue  # the one that lists them
    return sorted(names)


def memory_map(pid: int | None) -> str:
    """The files, shared memory and semaphores that a process has in its memory."""
    return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def expected() -> list[StepScores]:
    """The scores of one worker that nobody disturbs; also, the loop now has its own files open."""
    async with VerifierPool(PRM_PATH) as pool:
        return await score_each(pool)


async def score_each(pool: VerifierPool) -> list[StepScores]:
    """All paths in calls of their own."""
    return [own for (own,) in await asyncio.gather(*(pool.score([each]) for each in REQUESTS))]


async def first_worker(pool: VerifierPool) -> WorkerStatistics:
    """The state of the one that things happen to."""
    return (await pool.statistics())[0]


def assert_right(scores: Sequence[StepScores], expected: Sequence[StepScores]) -> None:
    """One list per path, the same as undisturbed."""
    assert len(scores) == len(expected)
    for own, undisturbed in zip(scores, expected, strict=True):
        assert own == pytest.approx(undisturbed, abs=1e-5)


@pytest.mark.parametrize(
    ("blow", "hang_timeout"),
    [(signal.SIGKILL, 120.0), (signal.SIGSTOP, 3.0)],
    ids=["killed", "stopped"],
)
async def test_a_worker_ends_in_the_middle(
    blow: signal.Signals, hang_timeout: float, expected: list[StepScores]
) -> None:
    """Nothing is lost, the pool is whole again, and no process, file or memory stays."""
    before = open_files()
    async with VerifierPool(
        PRM_PATH, "cpu:2", max_batch_tokens=SMALL_BATCH, hang_timeout=hang_timeout
    ) as pool:
        tasks = [asyncio.create_task(pool.score([each])) for each in REQUESTS]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        pids = [worker.pid for worker in await pool.statistics()]
        assert pids[0] is not None
        os.kill(pids[0], blow)
        scores = [own for (own,) in await asyncio.gather(*tasks)]
        assert_right(scores, expected)
        one, two = await pool.statistics()
        assert (one.restarts, two.restarts, one.state, two.state) == (1, 0, "ready", "ready")
        assert (one.in_flight, one.scoring.waiting, two.pid) == (0, 0, pids[1])
        assert_right(await score_each(pool), expected)
        for pid in (one.pid, two.pid):
            assert "/dev/shm" not in memory_map(pid)
    assert gone([pid for pid in (*pids, one.pid) if pid is not None], seconds=0)
    assert open_files() == before


async def test_a_worker_runs_out_of_memory(expected: list[StepScores]) -> None:
    """The batch that does not fit ends the worker; its paths fit one by one."""
    async with target_pool("starved", "cpu", max_batch_tokens=100_000, cache_tokens=0) as pool:
        assert_right(await score_each(pool), expected)
        assert (await first_worker(pool)).restarts == 1


async def test_cancelled_and_killed_at_random(expected: list[StepScores]) -> None:
    """Who is cancelled gets nothing and takes nothing away; everybody else gets their scores."""
    rng = Random(1)
    async with VerifierPool(PRM_PATH, "cpu:2", max_batch_tokens=SMALL_BATCH) as pool:
        tasks = [asyncio.create_task(pool.score([each])) for each in REQUESTS]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        cancelled: set[int] = set()
        for victim in await pool.statistics():
            cancelled |= {index for index in rng.sample(range(PATHS), 40) if tasks[index].cancel()}
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
        while len(cancelled) < PATHS // 4:  # while the workers load and retry
            await asyncio.wait(tasks, timeout=0.1)
            cancelled |= {index for index in rng.sample(range(PATHS), 10) if tasks[index].cancel()}
        found = await asyncio.gather(*tasks, return_exceptions=True)
        for index, (own, right) in enumerate(zip(found, expected, strict=True)):
            if isinstance(own, asyncio.CancelledError):
                assert index in cancelled
            else:
                assert own == [pytest.approx(right, abs=1e-5)]
        one, two = await pool.statistics()
        assert (one.restarts, two.restarts) == (1, 1)
        assert (one.in_flight, two.in_flight) == (0, 0)
        assert_right(await score_each(pool), expected)


async def test_poison_among_five_hundred() -> None:
    """Of 500 calls two are errors that say so: one that kills its child and one that stops it."""
    evil = {100: POISON, 301: QUICKSAND}  # at different workers
    async with target_pool("lengths", "cpu:2", hang_timeout=1.5) as pool:
        requests = [
            ScoreRequest(Problem(f"{index}"), ("a step", evil.get(index, f"{index}")))
            for index in range(PATHS)
        ]
        found = await asyncio.gather(
            *(pool.score([each]) for each in requests), return_exceptions=True
        )
        for index, own in enumerate(found):
            if index in evil:
                assert isinstance(own, VerificationError)
                assert not isinstance(own, VerifierUnavailable)
                assert f"paths of problem {requests[index].problem.id} have ended" in str(own)
            else:
                assert own == [[0.06, len(str(index)) / 100]]
        assert sum(worker.restarts for worker in await pool.statistics()) == 4
