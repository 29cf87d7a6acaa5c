"""Everything a server can do wrong, on the wire, and what becomes of it."""

import asyncio
import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from tests.generation.fake_server import (
    Changed,
    Delay,
    FakeServer,
    Fault,
    Naps,
    Reply,
    Reset,
    Status,
    Truncated,
    expansion,
)
from tts_async.errors import (
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation.vllm import VLLMGenerator

COMPLETIONS = "/v1/completions"


def drop(key: str) -> Changed:
    """The answer without one of the fields of its first choice."""
    return Changed(lambda reply: reply["choices"][0].pop(key))


def put(key: str, value: Any) -> Changed:
    """The answer with another value in its first choice."""
    return Changed(lambda reply: reply["choices"][0].update({key: value}))


PASSING: list[Fault] = [
    *(Status(status) for status in (408, 409, 429, 500, 502, 503, 504)),
    Reset(),
    Truncated(),
    Reply(b""),
    Reply(b'{"choices": ['),
    Reply(b"<html>gateway</html>"),
    Reply(b"[" * 100_000),  # deeper than any parser goes
    Reply([]),
    Reply({"choices": []}),
    Changed(lambda reply: reply["choices"].pop()),
    drop("text"),
    drop("token_ids"),
    drop("finish_reason"),
    put("token_ids", "ids"),
    put("text", 1),
    put("finish_reason", "abort"),
]


@pytest.mark.parametrize("fault", PASSING, ids=str)
async def test_what_passes_is_retried_with_the_same_seed(fault: Fault) -> None:
    """One failure of each kind costs one more attempt, of exactly the same request."""
    naps = Naps()
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url, retry=naps.policy()) as generator,
    ):
        whole = await generator.generate(expansion(n=2))
        server.requests.clear()
        server.fail(COMPLETIONS, fault)
        assert await generator.generate(expansion(n=2)) == whole
        first, second = server.bodies(COMPLETIONS)
        assert first == second
        assert first["seed"] == 7
        assert len(naps.taken) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_stays_is_not_retried(status: int) -> None:
    """One request, one error, in the server's words."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.fail(COMPLETIONS, Status(status, {"error": {"message": "not like this"}}))
        with pytest.raises(GeneratorRejected, match=rf"HTTP {status}: not like this"):
            await generator.generate(expansion())
        assert server.counts[COMPLETIONS] == 1


@pytest.mark.parametrize(
    ("fault", "kind", "attempts"),
    [
        (Status(503, {"detail": "loading"}), GeneratorUnavailable, 4),
        (Reset(), GeneratorUnavailable, 4),
        (Reply({"choices": []}), MalformedResponse, 2),
        (Truncated(), MalformedResponse, 2),
    ],
    ids=str,
)
async def test_the_budget_ends(fault: Fault, kind: type[GenerationError], attempts: int) -> None:
    """A failure that stays is an error of ours, after as many attempts as the policy says."""
    retry = Naps().policy(attempts=4, malformed_attempts=2)
    async with FakeServer() as server, VLLMGenerator(server.base_url, retry=retry) as generator:
        server.always = fault
        with pytest.raises(kind, match=f"gave up after {attempts} attempts"):
            await generator.generate(expansion())
        assert server.counts[COMPLETIONS] == attempts


async def test_retry_after_on_the_wire() -> None:
    """Seconds and dates are both waited for."""
    naps = Naps()
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url, retry=naps.policy()) as generator,
    ):
        date = formatdate(time.time() + 100, usegmt=True)
        server.fail(
            COMPLETIONS,
            Status(429, headers={"Retry-After": "20"}),
            Status(503, headers={"Retry-After": date}),
        )
        await generator.generate(expansion())
        assert 20.0 <= naps.taken[0] <= 20.5
        assert 70.0 <= naps.taken[1] <= 100.5


async def test_a_request_takes_no_longer_than_its_timeout() -> None:
    """A server that hangs is given up on, closed and asked again."""
    naps = Naps()
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url, timeout=1.0, retry=naps.policy()) as generator,
    ):
        server.fail(COMPLETIONS, Delay())
        assert len(await generator.generate(expansion())) == 1
        assert server.counts[COMPLETIONS] == 2
        assert server.running == 0


async def test_a_restart_loses_nothing() -> None:
    """A server that dies under eight expansions and comes back answers all of them."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        expected = [await generator.generate(expansion(seed=i)) for i in range(8)]
        server.always = Delay()
        asked = [asyncio.create_task(generator.generate(expansion(seed=i))) for i in range(8)]
        await server.until_running(8)
        await server.stop()
        server.always = None
        await server.start()
        assert await asyncio.gather(*asked) == expected
        assert generator.statistics().retries >= 8


async def test_a_death_ends_with_one_error_each() -> None:
    """A server that stays away: every expansion ends with a clear error, none hangs."""
    retry = Naps().policy(attempts=3)
    async with FakeServer() as server, VLLMGenerator(server.base_url, retry=retry) as generator:
        await generator.generate(expansion())
        await server.stop()
        calls = (generator.generate(expansion(seed=i)) for i in range(8))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, GeneratorUnavailable) for result in results)
        assert all("cannot connect" in str(result) for result in results)


async def test_tokenize_is_retried_too() -> None:
    """The first request of a problem is as patient as the others."""
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url, retry=Naps().policy()) as generator,
    ):
        server.fail("/tokenize", Status(500), Reply({"tokens": ["1"]}), Reset())
        assert len(await generator.generate(expansion())) == 1


async def test_a_megabyte_answer_of_garbage() -> None:
    """Garbage of any size is one short message."""
    retry = Naps().policy(attempts=1)
    async with FakeServer() as server, VLLMGenerator(server.base_url, retry=retry) as generator:
        server.fail(COMPLETIONS, Reply(json.dumps(["x" * 1_000_000]).encode()))
        with pytest.raises(MalformedResponse) as caught:
            await generator.generate(expansion())
        assert len(str(caught.value)) < 300


async def test_closing_fails_what_is_in_flight() -> None:
    """Requests under way end with an error instead of waiting for ever."""
    async with FakeServer() as server:
        async with VLLMGenerator(server.base_url, retry=Naps().policy()) as generator:
            server.always = Delay()
            asked = asyncio.create_task(generator.generate(expansion()))
            await server.until_running(1)
        with pytest.raises(GeneratorUnavailable):
            await asked
