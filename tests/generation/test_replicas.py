"""Several servers as one generator: pinned, balanced, failed over, recovered."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from tests.generation.fake_server import Delay, FakeServer, Status, decode, expansion
from tests.generation.replica_servers import (
    IMPATIENT,
    QUICK,
    outcome,
    problems_of,
    replicated,
    solver_on,
    start_servers,
    write_digits,
)
from tests.patience import until
from tts_async import DVTS
from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation import FAIL_FAST, ReplicatedGenerator, RetryPolicy, VLLMGenerator
from tts_async.testing import RandomGenerator, ScriptedGenerator

COMPLETIONS = "/v1/completions"
SECONDS = 30
"""On a busy machine; those who retry as long as they may need minutes."""


async def test_problems_are_pinned_and_balanced() -> None:
    """Every problem is asked of one server only, and the servers get equally many."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 3)
        solver = await stack.enter_async_context(solver_on(replicated(servers)))
        problems = [f"p{i}" for i in range(12)]
        results = [r async for r in solver.solve_many(problems, strategy=DVTS(8))]
        assert len(results) == 12
        homes = [problems_of(server) for server in servers]
        assert [len(home) for home in homes] == [4, 4, 4]
        assert set.union(*homes) == set(problems)


async def test_capacities_add_up() -> None:
    """The solver's lane is as wide as all of them together, and all of it is used."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2)
        generator = replicated(servers, capacity=8)
        solver = await stack.enter_async_context(solver_on(generator))
        assert solver.statistics()["generation"].capacity == generator.capacity == 16
        results = [r async for r in solver.solve_many(map(str, range(16)), strategy=DVTS(8))]
        assert len(results) == 16
        assert solver.statistics()["generation"].peak == 16


async def test_one_popular_problem_uses_every_server() -> None:
    """Its home lends what it cannot take at once."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2)
        generator = await stack.enter_async_context(replicated(servers, capacity=8))
        await asyncio.gather(*(generator.generate(expansion(n=4, seed=i)) for i in range(4)))
        assert [server.counts[COMPLETIONS] for server in servers] == [2, 2]
        assert [one.in_flight for one in generator.statistics().replicas] == [0, 0]


@pytest.mark.parametrize("victim", [0, 1])
async def test_failover_in_mid_search_changes_nothing(victim: int) -> None:
    """A server dies during the search: tree, seeds, votes and answer are as without it."""
    problems = [f"p{i}" for i in range(6)]
    async with AsyncExitStack() as stack:
        [server] = await start_servers(stack, 1, 0.0)
        solver = await stack.enter_async_context(solver_on(VLLMGenerator(server.base_url)))
        results = solver.solve_many(problems, strategy=DVTS(8), ordered=True)
        undisturbed = [outcome(result) async for result in results]
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.05)
        generator = replicated(servers)
        solver = await stack.enter_async_context(solver_on(generator))

        async def kill() -> None:
            server = servers[victim]
            await until(lambda: server.counts[COMPLETIONS] >= 10 and server.running > 0)
            await servers[victim].stop()

        killing = asyncio.create_task(kill())
        results = solver.solve_many(problems, strategy=DVTS(8), ordered=True)
        disturbed = [outcome(result) async for result in results]
        await killing
        assert disturbed == undisturbed
        statistics = generator.statistics()
        assert statistics.failovers > 0
        assert statistics.replicas[victim].down is not None
        assert statistics.replicas[1 - victim].down is None
        assert f"{servers[victim].base_url} 0/64 down" in repr(generator)


async def test_failing_over_takes_seconds() -> None:
    """With the policy that ``Solver(base_url=[...])`` gives each replica."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers, each=FAIL_FAST))
        await generator.generate(expansion())
        await servers[0].stop()
        async with asyncio.timeout(SECONDS):
            assert len(await generator.generate(expansion(n=2))) == 2


async def test_patience_does_not_delay_failing_over() -> None:
    """A generator that would retry for minutes is interrupted once its server is known dead."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers, each=RetryPolicy()))
        await generator.generate(expansion())
        await servers[0].stop()
        async with asyncio.timeout(SECONDS):
            assert len(await generator.generate(expansion(n=2))) == 2


async def test_a_server_that_says_nothing() -> None:
    """Connected, asked, silent for ever: the watcher notices, its requests go elsewhere."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        health = replace(QUICK, timeout=0.5)
        generator = await stack.enter_async_context(replicated(servers, health=health))
        servers[0].always = Delay()
        servers[0].fail("/v1/models", *[Delay()] * 50)
        assert len(await generator.generate(expansion(n=2))) == 2
        assert generator.statistics().replicas[0].down is not None
        assert servers[1].counts[COMPLETIONS] == 1


async def test_a_slow_server_is_left_alone() -> None:
    """It answers the watcher, so however long a request takes, it is not taken away."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 1.0)
        generator = await stack.enter_async_context(replicated(servers))
        assert len(await generator.generate(expansion(n=2))) == 2
        assert servers[0].counts["/v1/models"] > 3
        assert servers[1].counts[COMPLETIONS] == 0


async def test_a_busy_server_is_waited_for() -> None:
    """429 is not death: the request stays where its prefix is."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        each = RetryPolicy(outage_seconds=0.05, first_wait=0.06)
        generator = await stack.enter_async_context(replicated(servers, each=each))
        servers[0].fail(COMPLETIONS, *[Status(429)] * 3, Status(503, headers={"Retry-After": "0"}))
        assert len(await generator.generate(expansion(n=2))) == 2
        assert servers[1].counts[COMPLETIONS] == 0
        assert generator.statistics().replicas[0].down is None


async def test_recovery() -> None:
    """Back on its port it gets new problems; the old ones stay where they went."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers))
        await generator.generate(expansion("a"))
        await servers[0].stop()
        await generator.generate(expansion("a"))
        assert generator.statistics().replicas[0].down is not None
        await servers[0].start()
        await until(lambda: generator.statistics().replicas[0].down is None)
        before = servers[1].counts[COMPLETIONS]
        await generator.generate(expansion("a"))
        assert servers[1].counts[COMPLETIONS] == before + 1
        await generator.generate(expansion("b"))
        assert problems_of(servers[0]) >= {"b"}


async def test_half_a_server_does_not_count_as_recovered() -> None:
    """It lists its models but cannot generate: it stays down until it can."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers))
        servers[0].always = Status(500)
        assert len(await generator.generate(expansion())) == 1
        await until(lambda: servers[0].counts["/v1/models"] > 4)
        assert "500" in str(generator.statistics().replicas[0].down)
        servers[0].always = None
        await until(lambda: generator.statistics().replicas[0].down is None)


async def test_all_dead_for_a_while() -> None:
    """Within the budget everything waits, and nothing is lost."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.05)
        generator = await stack.enter_async_context(replicated(servers))
        asked = [asyncio.create_task(generator.generate(expansion(f"p{i}"))) for i in range(6)]
        await servers[0].until_running(3)
        for server in servers:
            await server.stop()
        await until(lambda: all(one.down for one in generator.statistics().replicas))
        await servers[1].start()
        assert [len(steps) for steps in await asyncio.gather(*asked)] == [1] * 6


async def test_all_dead_for_good() -> None:
    """An error for each that names every server, in flight or not."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.05)
        retry = RetryPolicy(seconds=0.4, first_wait=0.01)
        solver = await stack.enter_async_context(solver_on(replicated(servers, retry=retry)))

        async def kill() -> None:
            await until(lambda: sum(server.counts[COMPLETIONS] for server in servers) >= 20)
            for server in servers:
                await server.stop()

        killing = asyncio.create_task(kill())
        problems = [f"p{i}" for i in range(20)]
        results = [result async for result in solver.solve_many(problems, strategy=DVTS(8))]
        await killing
        assert [result.stop_reason for result in results] == ["error"] * 20
        for result in results:
            assert isinstance(result.error, GeneratorUnavailable)
        message = str(results[-1].error)
        assert message.startswith("none of the replicas answers, for 0.4 s now: ")
        assert all(server.base_url.removesuffix("/v1") in message for server in servers)


async def test_a_request_that_breaks_every_server() -> None:
    """It is not sent round for ever, and the servers are up again afterwards."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)

        def choke(prompt: list[int], seed: int) -> list[int]:
            assert "poison" not in decode(prompt)
            return write_digits(prompt, seed)

        for server in servers:
            server.writer = choke
        retry = RetryPolicy(attempts=4, first_wait=0.01)
        each = RetryPolicy(attempts=1)
        generator = await stack.enter_async_context(replicated(servers, retry=retry, each=each))
        with pytest.raises(GeneratorUnavailable, match=r"HTTP 500(?s:.*)failed 4 times over"):
            await generator.generate(expansion("poison"))
        assert len(await generator.generate(expansion("fine"))) == 1
        assert sum(one.failures for one in generator.statistics().replicas) == 4


async def test_nonsense_is_asked_for_once_everywhere() -> None:
    """A replica that answers rubbish costs its problems nothing while another does not."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        each = RetryPolicy(attempts=1)
        generator = await stack.enter_async_context(replicated(servers, each=each))
        servers[0].always = Status(200, b"<html>")
        assert len(await generator.generate(expansion())) == 1
        servers[1].always = Status(200, b"<html>")
        with pytest.raises(MalformedResponse, match="failed 2 times over"):
            await generator.generate(expansion())
        assert [one.down for one in generator.statistics().replicas] == [None, None]


async def test_a_refusal_is_not_passed_on() -> None:
    """What one server refuses, its equals refuse."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers))
        servers[0].fail(COMPLETIONS, Status(422, {"detail": "no"}))
        with pytest.raises(GeneratorRejected, match="422: no"):
            await generator.generate(expansion())
        assert servers[1].counts[COMPLETIONS] == 0


async def test_replicas_must_agree() -> None:
    """Another model or another context is said at opening, with both in the message."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2)
        servers[1].context_length = 2048
        with pytest.raises(ConfigurationError, match=r"4096 tokens, .* 'tiny' .* 2048 tokens"):
            await replicated(servers).__aenter__()
        servers[1].model = "other"
        with pytest.raises(ConfigurationError, match=r"'tiny' .* 'other'"):
            await replicated(servers).__aenter__()


async def test_one_dead_at_the_start() -> None:
    """The rest begins without it; it joins when it is there, unless it is another model."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        await servers[0].stop()
        generator = await stack.enter_async_context(replicated(servers))
        assert (generator.model, generator.context_length) == ("tiny", 4096)
        assert "cannot connect" in str(generator.statistics().replicas[0].down)
        assert len(await generator.generate(expansion())) == 1
        servers[0].context_length = 99
        await servers[0].start()
        await until(lambda: "the others" in str(generator.statistics().replicas[0].down))
        servers[0].context_length = 4096
        await until(lambda: generator.statistics().replicas[0].down is None)


async def test_none_there_at_the_start() -> None:
    """One error with the reason of each."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2)
        for server in servers:
            await server.stop()
        with pytest.raises(GeneratorUnavailable) as caught:
            await replicated(servers).__aenter__()
        assert all(server.base_url in str(caught.value) for server in servers)


async def test_a_server_that_comes_back_as_another() -> None:
    """Restarted with another model it is as good as dead."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        generator = await stack.enter_async_context(replicated(servers))
        await servers[0].stop()
        await generator.generate(expansion())
        servers[0].model = "other"
        await servers[0].start()
        await until(lambda: "does not serve 'tiny'" in str(generator.statistics().replicas[0].down))
        await generator.generate(expansion("new"))
        assert problems_of(servers[0]) == set()


async def test_generators_that_cannot_be_asked() -> None:
    """Without a ``probe`` a failed replica is tried again after a while."""
    broken = ScriptedGenerator({"": [GeneratorUnavailable("gone"), "fine"]})
    retry = RetryPolicy(seconds=60.0, first_wait=0.01)
    pair = ReplicatedGenerator([broken, RandomGenerator()], retry=retry, health=None)
    async with pair:
        assert len(await pair.generate(expansion())) == 1
        assert pair.statistics().replicas[0].down == "gone"
        assert pair.capacity == 512
        await until(lambda: pair.statistics().replicas[0].down is None)


# A server that stops in the moment in which it accepts a connection forgets to close it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(2))
async def test_two_hundred_with_random_cancellations(seed: int) -> None:
    """Cancelled at any moment while servers come and go: the books balance, nothing is left."""
    rng = random.Random(seed)
    before = asyncio.all_tasks()
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 3, 0.02)
        generator = await stack.enter_async_context(replicated(servers, capacity=32))
        requests = [expansion(f"p{i % 20}", n=2, seed=i) for i in range(200)]
        tasks = [asyncio.create_task(generator.generate(request)) for request in requests]
        doomed = set(rng.sample(range(200), 66))
        for count, i in enumerate(sorted(doomed, key=lambda _: rng.random())):
            await asyncio.sleep(rng.choice([0, 0, 0.001, 0.004]))
            tasks[i].cancel()
            if count == 20:
                await servers[0].stop()
            if count == 50:
                await servers[0].start()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for i, result in enumerate(results):
            assert isinstance(result, list) or (
                isinstance(result, asyncio.CancelledError) and i in doomed
            )
        assert [one.in_flight for one in generator.statistics().replicas] == [0, 0, 0]
        assert not any(replica.busy for replica in generator._replicas)
        for server in servers:
            await server.until_running(0)
    left = asyncio.all_tasks() - before
    assert not {task for task in left if "aiohttp" not in repr(task)}


async def test_closing_in_the_middle() -> None:
    """The exit ends the watchers, whatever they are at."""
    before = asyncio.all_tasks()
    async with FakeServer(write_digits) as server:
        dead = FakeServer(write_digits)
        dead.port = 1
        retry = RetryPolicy(attempts=1)
        pair = ReplicatedGenerator(
            [VLLMGenerator(s.base_url, retry=retry) for s in (server, dead)], retry=IMPATIENT
        )
        async with pair:
            server.always = Delay()
            asked = asyncio.create_task(pair.generate(expansion()))
            await server.until_running(1)
            asked.cancel()
    await asyncio.wait([asked])
    left = asyncio.all_tasks() - before
    assert not {task for task in left if "aiohttp" not in repr(task)}


async def test_opened_again() -> None:
    """What was down when it was closed begins anew."""
    async with AsyncExitStack() as stack:
        servers = await start_servers(stack, 2, 0.0)
        pair = replicated(servers)
        async with pair:
            await servers[0].stop()
            await pair.generate(expansion())
            assert pair.statistics().replicas[0].down is not None
        await servers[0].start()
        async with pair:
            assert pair.statistics().replicas[0].down is None
