"""Servers that die under a search: what comes back is waited for, what does not is reported."""

import asyncio
from collections.abc import Callable

from tests.vllm.outcomes import (
    assert_same,
    easy_problems,
    embedded_solver,
    solve_all,
    solve_undisturbed,
)
from tests.vllm.servers import CAPACITY, VLLMServer
from tts_async.errors import GeneratorUnavailable
from tts_async.generation import FAIL_FAST, ReplicatedGenerator, RetryPolicy, VLLMGenerator
from tts_async.strategies import DVTS
from tts_async.types.events import Event, ExpansionFinished, Observer, SearchFinished

PROBLEMS = easy_problems(12)
STRATEGY = DVTS(n=8)
RESTART = RetryPolicy(attempts=10_000, seconds=240.0, first_wait=0.2, longest_wait=1.0)
BRIEF = RetryPolicy(attempts=3, first_wait=0.05, longest_wait=0.1)


def once_after(count: int, kind: type[Event], act: Callable[[], None]) -> Observer:
    """Call ``act`` a moment after so many events of a kind."""
    left = count

    def observe(event: Event) -> None:
        nonlocal left
        if isinstance(event, kind):
            left -= 1
            if left == 0:
                asyncio.get_running_loop().call_soon(act)

    return observe


async def test_a_server_that_comes_back(server: VLLMServer, spare: VLLMServer) -> None:
    """Killed with requests in flight and started again on its port: nothing is lost or changed."""
    expected = await solve_undisturbed(server.base_url, PROBLEMS, STRATEGY)

    def restart() -> None:
        spare.kill()
        spare.start()

    generator = VLLMGenerator(spare.base_url, capacity=CAPACITY, retry=RESTART)
    observers = [once_after(20, ExpansionFinished, restart)]
    async with embedded_solver(generator, observers=observers) as solver:
        results = await solve_all(solver, PROBLEMS, STRATEGY)
    counts = generator.statistics()
    assert_same(results, expected)
    assert counts.retries > 0
    assert counts.in_flight == 0


async def test_a_server_that_does_not_come_back(server: VLLMServer, spare: VLLMServer) -> None:
    """Searches that have another server end as they would have; the others end with their error.

    Two solvers share the server that dies, and one of them has a second one. It begins when the
    other has finished some searches, and the server dies as soon as it has children: then both are
    in the middle of their work, on any machine. Nobody waits for what does not come, and what was
    finished stays.
    """
    expected = await solve_undisturbed(server.base_url, PROBLEMS, STRATEGY)
    replicated = ReplicatedGenerator(
        [VLLMGenerator(one.base_url, capacity=CAPACITY, retry=FAIL_FAST) for one in (server, spare)]
    )
    alone = VLLMGenerator(spare.base_url, capacity=CAPACITY, retry=BRIEF)
    some_finished = asyncio.Event()
    when_finished = once_after(3, SearchFinished, some_finished.set)
    when_expanded = once_after(1, ExpansionFinished, spare.kill)
    async with (
        embedded_solver(replicated, observers=[when_expanded]) as solver,
        embedded_solver(alone, observers=[when_finished], max_in_flight=4) as doomed,
        asyncio.TaskGroup() as group,
    ):
        cut_short = group.create_task(solve_all(doomed, PROBLEMS, STRATEGY))
        await some_finished.wait()
        taken_over = group.create_task(solve_all(solver, PROBLEMS, STRATEGY))

    assert_same(taken_over.result(), expected)
    counts = replicated.statistics()
    assert counts.failovers > 0
    assert [replica.down is None for replica in counts.replicas] == [True, False]

    results = cut_short.result()
    finished = [i for i, result in enumerate(results) if result.error is None]
    assert_same([results[i] for i in finished], [expected[i] for i in finished])
    lost = [result for result in results if result.error is not None]
    assert len(finished) >= 3
    assert lost
    assert {result.stop_reason for result in lost} == {"error"}
    assert all(isinstance(result.error, GeneratorUnavailable) for result in lost)
    assert alone.statistics().in_flight == 0
