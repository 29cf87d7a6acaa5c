"""One bad question costs its own time; the others, and the other callers, get their answers."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.answers.processes import assert_only_this_task_is_left, is_running
from tests.patience import until
from tts_async.answers.referee import BURST, Question, Referee, Statistics
from tts_async.errors import BrokenWorker, WorkerStartError

TARGET = "tests.answers.targets:serve"
LIMIT = 1.0


@pytest.fixture
async def referee() -> AsyncIterator[Referee]:
    """A referee over the stand-in process; nothing may be left of it afterwards."""
    referee = Referee(TARGET, time_limit=LIMIT, memory=1000)
    yield referee
    pid = referee.pid
    await referee.aclose()
    assert pid is None or not is_running(pid)


async def test_rules_in_order_and_remembers(referee: Referee) -> None:
    """More questions than a burst come back in order; asked again, they cost nothing."""
    questions: list[Question] = [(f"a{i}", f"A{i % 2 * i}") for i in range(3 * BURST)]
    expected = [i % 2 == 1 or i == 0 for i in range(3 * BURST)]
    assert await referee.rule(questions) == expected
    assert await referee.rule(questions[::-1]) == expected[::-1]
    assert referee.statistics().asked == referee.statistics().remembered == 3 * BURST


async def test_an_expired_question_is_a_no_and_costs_its_limit_once(referee: Referee) -> None:
    """The questions around it are answered, and it is not asked again."""
    questions: list[Question] = [("a", "A"), ("sleep", "b"), ("c", "C"), ("d", "e")]
    assert await referee.rule(questions) == [True, False, True, False]
    assert await referee.rule([("sleep", "b")]) == [False]
    assert referee.statistics() == Statistics(asked=4, expired=1, crashed=0, remembered=4)


async def test_a_crashing_question_is_a_no() -> None:
    """A question that ends the process is answered "no"; the rest is asked of the next one."""
    referee = Referee(TARGET, time_limit=30, memory=1000)  # a busy machine notices a death late
    assert await referee.rule([("a", "A"), ("die", "b"), ("c", "C")]) == [True, False, True]
    assert referee.statistics().crashed == 1
    await referee.aclose()


async def test_callers_take_turns(referee: Referee) -> None:
    """A caller whose questions hang does not keep another waiting for all of them."""
    hanging: list[Question] = [("sleep", str(i)) for i in range(3)]
    await referee.rule([("warm", "up")])
    slow = asyncio.create_task(referee.rule(hanging))
    await asyncio.sleep(0)
    assert await referee.rule([("a", "A")]) == [True]
    assert not slow.done()
    assert await slow == [False] * 3


async def test_many_callers_ask_the_same(referee: Referee) -> None:
    """A question that several callers have in common is asked once."""
    rulings = await asyncio.gather(*(referee.rule([("a", "A"), ("b", "c")]) for _ in range(20)))
    assert rulings == [[True, False]] * 20
    assert referee.statistics().asked == 2


async def test_cancellation_leaves_nothing_and_blocks_nobody(referee: Referee) -> None:
    """After a caller was cancelled in a hanging question, the next one is answered soon."""
    await referee.rule([("warm", "up")])
    child = referee.pid
    hanging = asyncio.create_task(referee.rule([("sleep", "a"), ("b", "B")]))
    await asyncio.sleep(0.05)
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    assert await referee.rule([("a", "A")]) == [True]
    assert child is not None
    assert not is_running(child)
    assert referee.statistics().expired == 0


async def test_cancellation_at_any_moment() -> None:
    """Cancelled between any two steps of start and answer: no task, process or wrong ruling."""
    referee = Referee(TARGET, time_limit=30, memory=1000)
    while_starting, while_asking = range(0, 40, 5), range(30)
    for moment in (*while_starting, -1, *while_asking):
        caller = asyncio.create_task(referee.rule([("a", f"A{moment}"), (f"b{moment}", "B")]))
        if moment == -1:
            await caller
        for _ in range(moment):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
    assert await referee.rule([("x", "X"), ("x", "y")]) == [True, False]
    pid = referee.pid
    await referee.aclose()
    assert pid is not None
    assert not is_running(pid)
    assert_only_this_task_is_left()


async def test_closing_in_the_middle() -> None:
    """Whoever waits hears that it is closed; the process ends; closing twice is fine."""
    referee = Referee(TARGET, time_limit=30, memory=1000)
    hanging = asyncio.create_task(referee.rule([("sleep", "a")]))
    await until(lambda: referee.pid is not None)
    pid = referee.pid
    await referee.aclose()
    await referee.aclose()
    with pytest.raises(BrokenWorker, match="closed"):
        await hanging
    with pytest.raises(BrokenWorker, match="closed"):
        await referee.rule([("a", "b")])
    assert pid is not None
    assert not is_running(pid)
    assert_only_this_task_is_left()


async def test_closing_while_the_process_starts() -> None:
    """A process that was on its way when the referee was closed does not stay behind."""
    referee = Referee(TARGET, time_limit=30, memory=1000)
    early = asyncio.create_task(referee.rule([("a", "A")]))
    for _ in range(5):
        await asyncio.sleep(0)
    await referee.aclose()
    with pytest.raises(BrokenWorker, match="closed"):
        await early
    assert referee.pid is None
    assert_only_this_task_is_left()


async def test_a_process_that_cannot_start_is_an_error() -> None:
    """A missing package is reported as such, not as "not equal"."""
    referee = Referee("tests.answers.targets:cannot_start", time_limit=LIMIT, memory=10)
    with pytest.raises(WorkerStartError, match="math_verify"):
        await referee.rule([("a", "A")])
    await referee.aclose()
    assert_only_this_task_is_left()
