"""A worker process answers, fails, is cancelled, dies, comes back and leaves nothing behind."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tts_async.errors import BrokenWorker, WorkerStartError
from tts_async.worker import WorkerProcess

SERVE, WORK = "tests.worker.targets:serve", "tests.worker.targets:work"


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


async def test_a_replaced_child_is_a_line_in_the_log() -> None:
    """One that died by itself; one that was ended is nobody's surprise."""
    worker = WorkerProcess(SERVE)
    with capture_logs() as lines:
        assert await worker.call(1) == 1
        await worker.kill()
        assert await worker.call(2) == 2
        assert lines == []
        with pytest.raises(BrokenWorker):
            await worker.attempt("die")
        assert await worker.call(3) == 3
        (line,) = lines
        assert line["event"] == "worker replaced"
        assert (line["worker"], line["pid"]) == (SERVE, worker.pid)
        assert "exit code 3" in line["why"]
        await worker.aclose()
    assert len(lines) == 1


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


async def test_an_attempt_starts_nothing_and_repeats_nothing() -> None:
    """It belongs to one life of the child; how that ended is told."""
    worker = WorkerProcess(SERVE)
    with pytest.raises(BrokenWorker, match="not started"):
        await worker.attempt(1)
    assert not worker.alive
    await worker.start()
    assert worker.alive
    assert worker.pid is not None
    attempt = asyncio.create_task(worker.attempt("sleep"))
    await asyncio.sleep(0)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(BrokenWorker, match="killed by signal 9, as the system does when memory"):
        await attempt
    assert not worker.alive
    with pytest.raises(BrokenWorker, match="killed by signal 9"):
        await worker.attempt(1)
    await worker.aclose()
    with pytest.raises(BrokenWorker, match="closed"):
        await worker.attempt(1)


@pytest.mark.parametrize("stopped", [False, True], ids=["busy for ever", "stopped"])
async def test_a_child_that_hangs_is_replaced(stopped: bool) -> None:
    """It owes an answer and is silent: killed, whatever keeps it."""
    worker = WorkerProcess(WORK, hang_timeout=0.4)
    await worker.start()
    assert worker.pid is not None
    pid = worker.pid
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(BrokenWorker, match=r"the worker hung, silent for 0.4 s"):
        await worker.attempt(-60.0)
    assert await worker.call(0.0) == "done"
    assert not is_running(pid)
    await worker.aclose()


async def test_a_child_that_works_or_idles_does_not_hang() -> None:
    """Long work with signs of life, and a long time with nothing to do."""
    worker = WorkerProcess(WORK, hang_timeout=1.5)
    assert await worker.call(2.0) == "done"
    pid = worker.pid
    await asyncio.sleep(2.0)
    assert await worker.call(0.0) == "done"
    assert worker.pid == pid
    await worker.aclose()


async def test_a_pause_of_the_parent_is_not_the_childs() -> None:
    """The parent's loop stands still for longer than the child may be silent."""
    worker = WorkerProcess(WORK, hang_timeout=1.5)
    await worker.start()
    work = asyncio.create_task(worker.attempt(1.0))
    await asyncio.sleep(0.05)
    time.sleep(2.0)  # noqa: ASYNC251 - that is the point
    assert await work == "done"
    await worker.aclose()
