"""What is cancelled stops on the server, and leaves nothing behind on either side."""

import asyncio
import random
from typing import Any

from tests.patience import until
from tests.vllm.outcomes import (
    Record,
    assert_same,
    easy_problems,
    embedded_solver,
    solve_all,
    solve_undisturbed,
)
from tests.vllm.servers import CAPACITY, VLLMServer, eventually
from tts_async.generation import VLLMGenerator
from tts_async.solver import Solver
from tts_async.strategies import DVTS, BeamSearch, BestOfN, Majority, Strategy
from tts_async.types.problem import Problem

CANCELLED = 1000
SIDE_BY_SIDE = 50
ALL_AT_ONCE = Majority(n=16, early_stop=False)
STRATEGIES = (Majority(n=4), BestOfN(n=4), BeamSearch(n=8), DVTS(n=8))


def pool_of(generator: VLLMGenerator) -> Any:
    """The connections of its session."""
    session = generator._transport._session
    assert session is not None
    return session.connector


async def assert_nothing_left(
    server: VLLMServer, solver: Solver, generator: VLLMGenerator, tasks: set[asyncio.Task[Any]]
) -> None:
    """No work on the server; no slot, request, task or connection in use on our side."""
    await server.until_idle()
    # Twice a second the solver asks how busy the server is.
    await until(lambda: generator.statistics().in_flight == 0)
    for lane in solver.statistics().values():
        assert (lane.in_use, lane.queued, lane.tickets_waiting) == (0, 0, 0)
    assert asyncio.all_tasks() == tasks
    pool = pool_of(generator)
    assert not pool._acquired
    idle = sum(map(len, pool._conns.values()))
    assert server.connections() <= idle <= CAPACITY


async def test_cancelling_a_search_aborts_it_on_the_server(server: VLLMServer) -> None:
    """Dozens of sequences run; after the cancellation most of their tokens are never made."""
    problems = easy_problems(40, level=5)
    generator = VLLMGenerator(server.base_url, capacity=2 * CAPACITY)
    async with Solver(generator=generator) as solver:
        tasks = asyncio.all_tasks()
        before = await server.metric("generation_tokens_total")
        searches = [
            asyncio.create_task(solver.solve(problem, strategy=ALL_AT_ONCE)) for problem in problems
        ]

        async def is_busy() -> bool:
            return await server.requests_in_hand() >= CAPACITY // 2

        await eventually(is_busy)
        for search in searches:
            search.cancel()
        await asyncio.wait(searches)
        await assert_nothing_left(server, solver, generator, tasks)
        made = await server.metric("generation_tokens_total") - before

        some = problems[::10]
        cost = [result.spend.tokens for result in await solve_all(solver, some, ALL_AT_ONCE)]
    assert made < sum(cost) / len(some) * len(problems) / 2


async def test_a_thousand_cancelled_searches(server: VLLMServer, record_property: Record) -> None:
    """At random moments of all kinds of searches, fifty at a time; then a search as ever."""
    moments = random.Random(0)
    generator = VLLMGenerator(server.base_url, capacity=CAPACITY)
    async with embedded_solver(generator) as solver:
        tasks = asyncio.all_tasks()
        problems = easy_problems(50) + easy_problems(50, level=5)
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def cancelled_soon(number: int, strategy: Strategy, moment: float) -> bool:
            problem = Problem(problems[number % len(problems)].text, id=f"p{number}")
            async with gate:
                search = asyncio.create_task(solver.solve(problem, strategy=strategy))
                await asyncio.wait([search], timeout=moment)
                search.cancel()
                await asyncio.wait([search])
            if not search.cancelled():
                search.result()  # it was quick enough, or it failed
            return search.cancelled()

        async with asyncio.TaskGroup() as group:
            runs = [
                group.create_task(
                    cancelled_soon(i, moments.choice(STRATEGIES), moments.uniform(0.0, 0.25))
                )
                for i in range(CANCELLED)
            ]
        cancelled = sum(run.result() for run in runs)
        record_property("cancelled under way", f"{cancelled} of {CANCELLED}")
        assert cancelled > 0.8 * CANCELLED
        await assert_nothing_left(server, solver, generator, tasks)
        afterwards = [await solver.solve(problem, strategy=DVTS(n=8)) for problem in problems[:2]]
    expected = await solve_undisturbed(server.base_url, problems[:2], DVTS(n=8))
    assert_same(afterwards, expected)
    await eventually(lambda: no_connections(server))


async def no_connections(server: VLLMServer) -> bool:
    """Whether nobody is connected to it."""
    return server.connections() == 0
