"""Cancelling closes the connection, which is what makes vLLM stop; nothing is left behind."""

import asyncio
import random
from typing import Any

import aiohttp
import pytest

from tests.generation.fake_server import Delay, FakeServer, Status, expansion, write_answer
from tests.generation.replica_servers import Judge, outcome
from tests.patience import until
from tts_async import DVTS, BeamSearch, Event, Problem, Solver
from tts_async.generation.vllm import VLLMGenerator
from tts_async.http import RetryPolicy, transport
from tts_async.strategies import Strategy


def connector(generator: VLLMGenerator) -> aiohttp.BaseConnector:
    """The session's pool of connections."""
    session = generator._transport._session
    assert session is not None
    assert session.connector is not None
    return session.connector


def acquired(generator: VLLMGenerator) -> int:
    """Connections that the session counts as in use."""
    return len(connector(generator)._acquired)


def idle(generator: VLLMGenerator) -> int:
    """Connections that it keeps for later."""
    return sum(map(len, connector(generator)._conns.values()))


def other_tasks() -> set[asyncio.Task[Any]]:
    """Every other task, but those of the fake server's connections."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in others if "aiohttp" not in repr(task)}


async def test_cancelling_closes_the_connection_at_once() -> None:
    """The server notices within a moment, and the session counts no connection as used."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.always = Delay()
        asked = [asyncio.create_task(generator.generate(expansion(seed=i))) for i in range(10)]
        await server.until_running(10)
        for task in asked:
            task.cancel()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        await server.until_running(0)
        assert acquired(generator) == 0
        assert generator.statistics().in_flight == 0


async def test_cancelling_during_a_pause_ends_it() -> None:
    """A retry that waits an hour does not keep its caller waiting."""
    paused = asyncio.Event()

    async def pause(_seconds: float) -> None:
        paused.set()
        await asyncio.sleep(3600)

    retry = RetryPolicy(sleep=pause)
    async with FakeServer() as server, VLLMGenerator(server.base_url, retry=retry) as generator:
        server.always = Status(503)
        asked = asyncio.create_task(generator.generate(expansion()))
        await paused.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert server.counts["/v1/completions"] == 1
        assert generator.statistics().in_flight == 0


@pytest.mark.parametrize("seed", range(3))
async def test_two_hundred_with_random_cancellations(seed: int) -> None:
    """A third are cancelled at any moment; the rest are right, and the connections all return."""
    rng = random.Random(seed)
    async with FakeServer() as server, VLLMGenerator(server.base_url, capacity=32) as generator:
        server.always = Delay(0.01)
        requests = [expansion(f"p{i % 20}", n=2, seed=i) for i in range(200)]
        tasks = [asyncio.create_task(generator.generate(request)) for request in requests]
        doomed = set(rng.sample(range(200), 66))
        for i in sorted(doomed, key=lambda _: rng.random()):
            await asyncio.sleep(rng.choice([0, 0, 0.001, 0.004]))
            tasks[i].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for i, result in enumerate(results):
            if isinstance(result, asyncio.CancelledError):
                assert i in doomed
            else:
                assert not isinstance(result, BaseException)
                assert [step.text.split()[1] for step in result] == [str(i), str(i + 1)]
        await server.until_running(0)
        assert acquired(generator) == 0
        assert generator.statistics().in_flight == 0
        assert server.connections <= 32
    assert not other_tasks()


class Assassin:
    """Cancels every search a random moment after a random one of its events."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.victims: dict[str, asyncio.Task[Any]] = {}
        self.spared: dict[str, int] = {}

    def hire(self, problem: Problem, search: asyncio.Task[Any]) -> None:
        """Let this search live for so many events."""
        self.victims[problem.id] = search
        self.spared[problem.id] = self.rng.randrange(16)

    def __call__(self, event: Event) -> None:
        """One event less to live."""
        if event.problem_id not in self.spared:
            return
        self.spared[event.problem_id] -= 1
        if self.spared[event.problem_id] < 0:
            del self.spared[event.problem_id]
            victim = self.victims[event.problem_id]
            asyncio.get_running_loop().call_later(self.rng.uniform(0.0, 0.004), victim.cancel)


async def test_a_thousand_cancelled_searches_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they were doing: no task, no slot, no request and no connection stays behind."""
    monkeypatch.setattr(transport, "KEEPALIVE_SECONDS", 600.0)  # idle ones are there to be counted
    assassin = Assassin(seed=0)
    kinds: list[Strategy] = [DVTS(16, beam_width=2), BeamSearch(4, beam_width=2), DVTS(4)]
    async with FakeServer(write_answer) as server:
        server.always = Delay(0.003)
        generator = VLLMGenerator(server.base_url, capacity=64)
        async with Solver(generator=generator, verifier=Judge(), observers=[assassin]) as solver:
            fresh = outcome(await solver.solve("fresh"))
            before = other_tasks()
            cancelled = 0
            for wave in range(5):
                searches = []
                for i in range(200):
                    problem = Problem(f"{wave}: {i}")
                    search = asyncio.create_task(solver.solve(problem, strategy=kinds[i % 3]))
                    assassin.hire(problem, search)
                    searches.append(search)
                ends = await asyncio.gather(*searches, return_exceptions=True)
                cancelled += sum(isinstance(end, asyncio.CancelledError) for end in ends)
            assert cancelled == 1000
            await server.until_running(0)
            assert other_tasks() == before
            for lane in solver.statistics().values():
                assert (lane.in_use, lane.queued) == (0, 0)
            assert generator.statistics().in_flight == 0
            assert acquired(generator) == 0
            await until(lambda: server.connections == idle(generator))
            assert server.connections <= 64
            assert outcome(await solver.solve("fresh")) == fresh
    assert not other_tasks()
