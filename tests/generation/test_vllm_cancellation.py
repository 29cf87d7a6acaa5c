"""Cancelling closes the connection, which is what makes vLLM stop; nothing is left behind."""

import asyncio
import random
import time

import pytest

from tests.generation.fake_server import Delay, FakeServer, Status, expansion
from tts_async.generation.vllm import VLLMGenerator
from tts_async.http import RetryPolicy


def acquired(generator: VLLMGenerator) -> int:
    """Connections that the session counts as in use."""
    session = generator._transport._session
    assert session is not None
    assert session.connector is not None
    return len(session.connector._acquired)


async def test_cancelling_closes_the_connection_at_once() -> None:
    """The server notices within a moment, and the session counts no connection as used."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.always = Delay()
        asked = [asyncio.create_task(generator.generate(expansion(seed=i))) for i in range(10)]
        await server.until_running(10)
        began = time.monotonic()
        for task in asked:
            task.cancel()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        await server.until_running(0)
        assert time.monotonic() - began < 0.5
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
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not {task for task in others if "aiohttp" not in repr(task)}
