"""The proxy breaks what it was told to, counts it, and leaves nothing behind."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.generation.fake_server import Delay as ServerDelay
from tests.generation.fake_server import FakeServer, say
from tests.patience import PATIENCE, until
from tts_async.errors import ConfigurationError
from tts_async.testing import FaultProxy, ProxiedRequest, RandomFaults, faults

CHAT = {
    "model": "tiny",
    "messages": [{"role": "user", "content": "1+1?"}],
    "max_tokens": 9,
    "seed": 0,
}
TEXT = ("choices", 0, "message", "content")


def once(fault: faults.Fault) -> Callable[[ProxiedRequest], faults.Fault | None]:
    """The first time a request comes, and not again."""
    return lambda request: None if request.attempt else fault


async def chat(
    session: aiohttp.ClientSession, proxy: FaultProxy, **changes: object
) -> tuple[int, Any]:
    """Status and JSON of one answer."""
    url = f"{proxy.base_url}/chat/completions"
    async with session.post(url, json=CHAT | changes) as response:
        return response.status, json.loads(await response.read())


async def test_nothing_is_changed_without_faults() -> None:
    """Method, path, query, headers and body go there; status, headers and body come back."""

    async def echo(request: web.Request) -> web.Response:
        said = [request.method, request.path_qs, request.headers["X-Own"], await request.text()]
        return web.json_response(said, status=418, headers={"X-Back": "yes"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = f"http://127.0.0.1:{runner.addresses[0][1]}/my/v1"
    async with FaultProxy(upstream) as proxy, aiohttp.ClientSession() as session:
        assert proxy.base_url.endswith("/my/v1")
        url = f"{proxy.base_url}/a?b=c%20d"
        async with session.put(url, data="body", headers={"X-Own": "1"}) as response:
            assert response.status == 418
            assert response.headers["X-Back"] == "yes"
            assert await response.json() == ["PUT", "/my/v1/a?b=c%20d", "1", "body"]
        assert (proxy.requests, proxy.injected) == (1, {})
    await runner.cleanup()


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (faults.Status(503, "busy"), 503, {"error": {"message": "busy", "code": 503}}),
        (faults.Body(b"[1]"), 200, [1]),
        (faults.Put(TEXT, 5), 200, {"content": 5}),
        (faults.Put((*TEXT[:-1], "new"), 5), 200, {"content": "4"}),  # no such place
        (faults.Drop(TEXT), 200, {}),
        (faults.Delay(0.01), 200, {"content": "4"}),
        (faults.SlowHeaders(0.0), 200, {"content": "4"}),
    ],
    ids=str,
)
async def test_answers_that_arrive(fault: faults.Fault, status: int, said: Any) -> None:
    """What the client reads, and that the next attempt reads the truth."""
    async with (
        FakeServer(say("4")) as server,
        FaultProxy(server.base_url, faults=once(fault)) as proxy,
        aiohttp.ClientSession() as session,
    ):
        got, answer = await chat(session, proxy)
        assert got == status
        if isinstance(answer, dict) and "choices" in answer:
            answer = answer["choices"][0]["message"]
            del answer["role"]
        assert answer == said
        name = type(fault).__name__
        assert proxy.injected[name] == (0 if "new" in str(fault) else 1)
        _, truth = await chat(session, proxy)
        assert truth["choices"][0]["message"]["content"] == "4"
        assert proxy.injected.total() <= 1


@pytest.mark.parametrize(
    ("fault", "error", "work"),
    [
        (faults.Reset(), aiohttp.ClientConnectionError, 0),
        (faults.Reset(after_the_work=True), aiohttp.ClientConnectionError, 1),
        (faults.Truncated(), aiohttp.ClientPayloadError, 1),
        (faults.Truncated(0.0), aiohttp.ClientPayloadError, 1),
        (faults.WrongLength(-20), aiohttp.ClientResponseError, 1),
        (faults.WrongLength(20), TimeoutError, 1),
    ],
    ids=str,
)
async def test_answers_that_do_not(
    fault: faults.Fault, error: type[Exception], work: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What the client meets, and whether the server behind has worked for it."""
    caplog.set_level(logging.WARNING)
    async with (
        FakeServer() as server,
        FaultProxy(server.base_url, faults=once(fault)) as proxy,
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(error):
            async with asyncio.timeout(1 if error is TimeoutError else PATIENCE):
                await chat(session, proxy)
        assert server.counts["/v1/chat/completions"] == work
        assert proxy.injected == {type(fault).__name__: 1}
        assert (await chat(session, proxy))[0] == 200
        assert proxy.running == 0
    assert not caplog.records


async def test_retry_after() -> None:
    """In seconds, in the header."""
    fault = faults.Status(429, retry_after=2.5)
    async with (
        FakeServer() as server,
        FaultProxy(server.base_url, faults=once(fault)) as proxy,
        aiohttp.ClientSession() as session,
        session.get(f"{proxy.base_url}/models") as response,
    ):
        assert (response.status, response.headers["Retry-After"]) == (429, "2.5")


async def test_a_fault_of_ones_own() -> None:
    """Any async function of an exchange."""

    async def shout(exchange: faults.Exchange) -> web.Response:
        answer = await exchange.forward()
        assert await exchange.forward() is answer  # the server is asked once
        return answer.response(answer.body.replace(b"choices", b"CHOICES"))

    async with (
        FakeServer() as server,
        FaultProxy(server.base_url, faults=lambda _: shout) as proxy,
        aiohttp.ClientSession() as session,
    ):
        _, said = await chat(session, proxy)
        assert "CHOICES" in said
        assert server.counts["/v1/chat/completions"] == 1
        assert proxy.injected == {"shout": 1}


async def test_a_plan_does_not_depend_on_the_order() -> None:
    """The same requests meet the same faults, whichever comes first; another seed, others."""

    async def statuses(seed: int, order: list[int]) -> dict[int, list[int]]:
        plan = RandomFaults([faults.Status(500), faults.Status(503)], rate=0.5, seed=seed)
        met: dict[int, list[int]] = {i: [] for i in order}
        async with (
            FakeServer() as server,
            FaultProxy(server.base_url, faults=plan) as proxy,
            aiohttp.ClientSession() as session,
        ):

            async def ask(i: int) -> None:
                met[i].append((await chat(session, proxy, seed=i))[0])

            for _ in range(3):
                await asyncio.gather(*map(ask, order))
        return met

    forth, back = list(range(30)), list(reversed(range(30)))
    first = await statuses(1, forth)
    assert await statuses(1, back) == first
    assert await statuses(2, forth) != first
    met = [status for each in first.values() for status in each]
    assert {200, 500, 503} == set(met)
    assert 30 <= met.count(200) <= 60


async def test_a_plan_may_keep_to_a_path() -> None:
    """Requests elsewhere pass."""
    plan = RandomFaults([faults.Status(500)], rate=1.0, path="/chat/")
    async with (
        FakeServer() as server,
        FaultProxy(server.base_url, faults=plan) as proxy,
        aiohttp.ClientSession() as session,
    ):
        assert (await chat(session, proxy))[0] == 500
        async with session.get(f"{proxy.base_url}/models") as response:
            assert response.status == 200


def test_wrong_plans_are_refused() -> None:
    """The field and the fix."""
    with pytest.raises(ConfigurationError, match="faults: give at least one"):
        RandomFaults([])
    with pytest.raises(ConfigurationError, match=r"rate: must be between 0 and 1, got 30"):
        RandomFaults([faults.Reset()], rate=30)
    with pytest.raises(ConfigurationError, match="upstream_url: 'nowhere' is not an http"):
        FaultProxy("nowhere")


async def test_a_client_that_leaves_cancels_behind_the_proxy() -> None:
    """The server behind is rid of the request as soon as the client is."""
    async with (
        FakeServer() as server,
        FaultProxy(server.base_url) as proxy,
        aiohttp.ClientSession() as session,
    ):
        server.always = ServerDelay()
        asked = [asyncio.create_task(chat(session, proxy)) for _ in range(5)]
        await server.until_running(5)
        assert proxy.running == 5
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
        await server.until_running(0)
        assert proxy.running == 0


async def test_a_server_that_is_gone_is_a_502() -> None:
    """With its address in the message."""
    async with FakeServer() as server, FaultProxy(server.base_url) as proxy:
        await server.stop()
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{proxy.base_url}/models") as response,
        ):
            assert response.status == 502
            assert f"127.0.0.1:{server.port}" in await response.text()


async def test_closing_leaves_nothing() -> None:
    """In the middle of every kind of waiting: no task stays, no connection, and it is quick."""
    before = asyncio.all_tasks()
    waits = [faults.WrongLength(20), faults.Delay(3600), faults.SlowHeaders(1.0), None]
    loop = asyncio.get_running_loop()
    async with FakeServer() as server, aiohttp.ClientSession() as session:
        async with FaultProxy(
            server.base_url, faults=lambda request: waits[json.loads(request.body)["seed"]]
        ) as proxy:
            asked = [asyncio.create_task(chat(session, proxy, seed=i)) for i in range(3)]
            counts = server.counts
            await until(lambda: counts["/v1/chat/completions"] >= 2 and not server.running)
            server.always = ServerDelay()
            asked.append(asyncio.create_task(chat(session, proxy, seed=3)))
            await server.until_running(1)
            began = loop.time()
        assert loop.time() - began < 60  # and not as long as the longest of them
        ends = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(end, aiohttp.ClientError) for end in ends)
        assert proxy.running == 0
        await server.until_running(0)
    assert asyncio.all_tasks() == before
