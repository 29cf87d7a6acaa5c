"""The servers behind a gateway: what clients learn of their troubles, and of nothing else."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.gateway.served import Served, serving
from tests.generation.fake_server import OPENAI, VLLM, Delay, FakeServer, say
from tests.patience import until
from tests.verifiers.fake_prm_server import FakePRMServer
from tts_async import Solver
from tts_async.http import RetryPolicy
from tts_async.solver import checkup
from tts_async.testing import RandomGenerator

SOON = RetryPolicy(attempts=10_000, first_wait=0.05, longest_wait=0.1, outage_seconds=0.5)
PATIENT = RetryPolicy(attempts=10_000, first_wait=0.05, longest_wait=0.1)


def answering(**options: Any) -> FakeServer:
    """A model server that knows the answer."""
    return FakeServer(say(r"So \boxed{2}."), **options)


async def ask(gateway: Served) -> tuple[int, Any, str | None]:
    """Status, body and Retry-After."""
    body = {"model": "majority-4", "messages": [{"role": "user", "content": "1+1"}]}
    url = f"{gateway.url}/chat/completions"
    async with gateway.session.post(url, json=body) as response:
        return response.status, await response.json(), response.headers.get("Retry-After")


@pytest.mark.parametrize(("extras", "count"), [(VLLM, 1), (OPENAI, 1), (VLLM, 2)])
async def test_a_dead_server_is_told_of_in_time(extras: frozenset[str], count: int) -> None:
    """503 with Retry-After once the outage has lasted so long, until it is back."""
    async with answering(extras=extras) as one, answering(extras=extras) as two:
        servers = (one, two)[:count]
        solver = Solver(base_url=[server.base_url for server in servers], retry=SOON)
        async with serving(solver, ready_seconds=0, retry_after=7.0) as gateway:
            assert (await gateway.get("/ready"))[0] == 200
            assert (await ask(gateway))[0] == 200
            for server in servers:
                await server.stop()
            for status, body, retry_after in await asyncio.gather(*(ask(gateway) for _ in "1234")):
                assert (status, retry_after) == (503, "7")
                assert body["error"]["code"] == "generator_unavailable"
                assert "the generator cannot be reached" in body["error"]["message"]
                assert "127.0.0.1" not in str(body)
            not_ready = {"status": "not ready", "failing": ["generator"]}
            assert await gateway.get("/ready") == (503, not_ready)
            for server in servers:
                await server.start()
            while (await gateway.get("/ready"))[0] != 200:  # noqa: ASYNC110 - balancers poll too
                await asyncio.sleep(0.01)
            assert (await ask(gateway))[0] == 200


async def test_a_dead_verifier_is_told_of_in_time() -> None:
    """By its own name; what needs no scores goes on."""
    async with FakePRMServer() as server:
        solver = Solver(generator=RandomGenerator(), verifier=server.base_url, retry=SOON)
        async with serving(solver) as gateway:
            assert (await gateway.ask("dvts-4"))[0] == 200
            await server.stop()
            status, body = await gateway.ask("dvts-4")
            assert (status, body["error"]["code"]) == (503, "verifier_unavailable")
            assert "the verifier cannot be reached" in body["error"]["message"]
            assert (await gateway.get("/ready"))[1]["failing"] == ["verifier"]
            assert (await gateway.ask("majority-4"))[0] == 200


@pytest.mark.parametrize("extras", [VLLM, OPENAI])
async def test_a_stream_that_began_gets_an_error_event(extras: frozenset[str]) -> None:
    """It has its status already; OpenAI's clients raise what is in the event."""
    async with answering(extras=extras) as server:
        solver = Solver(base_url=server.base_url, retry=SOON)
        async with serving(solver, keep_alive_seconds=0.01) as gateway:
            server.always = Delay()
            stream = asyncio.create_task(gateway.stream(model="majority-4"))
            await until(lambda: server.running > 0)
            await server.stop()
            events = await stream
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-1]["error"]["code"] == "generator_unavailable"


async def test_a_server_that_comes_back_costs_nobody_their_search() -> None:
    """Those that were under way wait for it; the log tells of it in two lines."""
    async with answering() as server:
        solver = Solver(base_url=server.base_url, retry=PATIENT)
        async with serving(solver) as gateway:
            server.always = Delay()
            asked = [asyncio.create_task(ask(gateway)) for _ in range(3)]
            await until(lambda: server.running > 0)
            with capture_logs() as lines:
                await server.stop()
                await until(lambda: any(line["event"].startswith("server in") for line in lines))
                server.always = None
                await server.start()
                statuses = [status for status, *_ in await asyncio.gather(*asked)]
    assert statuses == [200] * 3
    told = [line["event"] for line in lines if line["event"].startswith("server")]
    assert told == ["server in trouble, asking again", "server well again"]


@pytest.mark.parametrize("extras", [VLLM, OPENAI])
async def test_to_ask_whether_it_is_ready_costs_no_tokens(extras: frozenset[str]) -> None:
    """Balancers do it every few seconds, and some servers are paid by the token."""
    async with answering(extras=extras) as server:
        solver = Solver(base_url=server.base_url, verifier="self")
        async with serving(solver, ready_seconds=0) as gateway:
            before = server.counts.copy()
            for _ in range(3):
                assert (await gateway.get("/ready"))[0] == 200
    asked = set(server.counts - before) - {"/metrics"}  # by the scheduler
    assert asked == {"/v1/models"}


async def test_a_server_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the question and says nothing."""
    monkeypatch.setattr(checkup, "QUICK_SECONDS", 0.05)
    async with answering() as server, serving(Solver(base_url=server.base_url)) as gateway:
        server.fail("/v1/models", Delay())
        status, body = await gateway.get("/ready")
    assert (status, body["failing"]) == (503, ["generator"])


async def test_a_conversation_that_is_too_long() -> None:
    """In the server's own words, which say by how much, and without its address."""
    async with answering(extras=OPENAI) as server:
        server.context_length = 40
        async with serving(Solver(base_url=server.base_url)) as gateway:
            status, body, _ = await ask(gateway)
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")
    assert "maximum context length is 40 tokens" in body["error"]["message"]
    assert "127.0.0.1" not in body["error"]["message"]
