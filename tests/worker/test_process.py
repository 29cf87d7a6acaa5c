"""A worker process answers, fails, is cancelled, dies, comes back and leaves nothing behind."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tts_async.errors import BrokenWorker, WorkerStartError
from tts_async.worker import WorkerProcess

SERVE = "tests.worker.targets:serve"


def is_running(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_answers_many_calls_at_once() -> None:
    """Every caller gets its own answer; what a library prints does not get in between."""
    worker = WorkerProcess(SERVE)
    assert await worker.start() == "hello"
    assert await asyncio.gather(*(worker.call(i) for i in range(100))) == list(range(100))
    await worker.aclose()


async def test_raises_what_the_child_raised() -> None:
    """A failing call raises the child's own exception; the worker goes on."""
    worker = WorkerProcess(SERVE)
    with pytest.raises(ValueError, match="as asked"):
        await worker.call("fail")
    assert await worker.call(1) == 1
    await worker.aclose()


async def test_cancellation_reaches_the_child() -> None:
    """A cancelled call is reported to the child by its id."""
    worker = WorkerProcess(SERVE)
    await worker.start()
    sleeper = asyncio.create_task(worker.call("sleep"))
    await asyncio.sleep(0)
    await worker.call("anything")
    sleeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper
    assert await worker.call("cancelled") == [0]
    await worker.aclose()


async def test_survives_one_death(tmp_path: Path) -> None:
    """A call whose child dies is asked again of a fresh child."""
    worker = WorkerProcess(SERVE, {"greeting": str(tmp_path / "died")})
    assert await worker.call("die once") == "die once"
    await worker.aclose()


async def test_reports_an_input_that_kills_twice() -> None:
    """A call that kills two children fails; other calls still work afterwards."""
    worker = WorkerProcess(SERVE)
    with pytest.raises(BrokenWorker, match="exit code 3"):
        await worker.call("die")
    assert await worker.call(1) == 1
    await worker.aclose()


async def test_nothing_is_lost_when_killed_from_outside() -> None:
    """A kill -9 in the middle of many calls: all of them are answered by the next child."""
    worker = WorkerProcess(SERVE)
    await worker.start()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert await asyncio.gather(*(worker.call(i) for i in range(50))) == list(range(50))
    await worker.aclose()


async def test_close_leaves_no_process_and_fails_waiting_calls() -> None:
    """Closing ends the child promptly; calls in flight fail instead of hanging."""
    worker = WorkerProcess(SERVE)
    await worker.start()
    pid = worker.pid
    assert pid is not None
    sleeper = asyncio.create_task(worker.call("sleep"))
    await asyncio.sleep(0)
    await worker.aclose()
    await worker.aclose()
    with pytest.raises(BrokenWorker, match="closed"):
        await sleeper
    assert not is_running(pid)
    assert "closed" in repr(worker)


async def test_says_why_it_cannot_start() -> None:
    """A child that cannot load says why; one that takes too long is killed."""
    with pytest.raises(WorkerStartError, match="no weights here"):
        await WorkerProcess("tests.worker.targets:cannot_load").start()
    with pytest.raises(WorkerStartError, match=r"not ready after 0.5 s"):
        await WorkerProcess("tests.worker.targets:never_ready", load_timeout=0.5).start()


async def test_close_while_starting_leaves_no_process() -> None:
    """A worker that is closed while its child loads does not keep the child."""
    worker = WorkerProcess("tests.worker.targets:never_ready")
    starting = asyncio.create_task(worker.start())
    for moment in (0.0, 0.2):  # before there is a process, and while it loads
        await asyncio.sleep(moment)
        await worker.aclose()
    with pytest.raises(BrokenWorker, match="closed"):
        await starting
    assert worker.pid is None
