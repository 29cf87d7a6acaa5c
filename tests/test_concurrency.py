"""``gather``: order, failures, cancellation, and what it leaves behind."""

import asyncio

import pytest

from tts_async import DVTS, Budget, Solver
from tts_async.concurrency import gather
from tts_async.errors import BudgetExhausted
from tts_async.testing import RandomGenerator, ScriptedVerifier


async def fail(error: Exception, delay: float = 0.0) -> int:
    """After a while."""
    await asyncio.sleep(delay)
    raise error


async def wait(number: int, delay: float = 0.0) -> int:
    """For a while."""
    await asyncio.sleep(delay)
    return number


async def test_results_are_in_the_order_given() -> None:
    """Whoever was first."""
    assert await gather(wait(1, 0.01), wait(2)) == [1, 2]
    assert await gather() == []


async def test_the_first_failure_cancels_the_others_and_is_raised_bare() -> None:
    """And all of them are awaited."""
    ended = []

    async def linger() -> int:
        try:
            return await wait(1, 60)
        finally:
            ended.append(True)

    with pytest.raises(ValueError, match="away"):
        await gather(linger(), fail(ValueError("away")))
    assert ended


async def test_a_real_error_outranks_a_spent_budget() -> None:
    """Running out must not hide the break."""
    with pytest.raises(ValueError, match="away"):
        await gather(fail(BudgetExhausted("tokens")), fail(ValueError("away")))


async def test_a_failure_leaves_no_request_to_cancel_behind() -> None:
    """Its task goes on as if nothing had happened."""
    task = asyncio.current_task()
    assert task is not None
    for delays in ((0.0, 0.0), (0.0, 60.0), (0.001, 60.0)):
        with pytest.raises(ValueError, match="away"):
            await gather(fail(ValueError("away"), delays[0]), wait(1, delays[1]))
        assert task.cancelling() == 0


async def test_a_time_out_after_a_failure_is_one() -> None:
    """Rather than a cancellation that nobody asked for."""

    async def go_on_after_a_failure() -> None:
        async with asyncio.timeout(0.01):
            with pytest.raises(ValueError, match="away"):
                await gather(fail(ValueError("away")), wait(1, 60))
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await go_on_after_a_failure()


async def test_a_time_out_after_a_search_that_ran_out_is_one() -> None:
    """The subtrees of such a search fail together."""
    solver = Solver(generator=RandomGenerator(), verifier=ScriptedVerifier(lambda _: 0.5))

    async def go_on_after_a_search() -> None:
        async with solver, asyncio.timeout(0.2):
            result = await solver.solve("p", strategy=DVTS(n=16), budget=Budget(tokens=1))
            assert result.stop_reason == "budget"
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await go_on_after_a_search()


async def test_cancelling_cancels_all() -> None:
    """And is raised as what it is."""
    task = asyncio.create_task(gather(wait(1, 60), wait(2, 60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
