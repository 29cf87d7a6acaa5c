"""Streamable HTTP on loopback, with the protocol's own client and with raw requests."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from io import BytesIO

import aiohttp
import pytest
from mcp import Client

from tests.mcp_server.test_server import MODES, SlowGenerator, call, make_solver
from tests.patience import PATIENCE
from tts_async import Solver
from tts_async.errors import GeneratorUnavailable
from tts_async.mcp_server import make_server
from tts_async.mcp_server.http import LOOPBACK, serve_http
from tts_async.types.generation import GenerationRequest, Step

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


@asynccontextmanager
async def serving(solver: Solver, names: Sequence[str] = LOOPBACK) -> AsyncIterator[str]:
    """A server on a free port, and its URL; told to stop at the end."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        ready = asyncio.Event()
        task = asyncio.create_task(
            serve_http(
                make_server(solver, max_candidates=32), [sock], names=names, when_ready=ready.set
            )
        )
        async with asyncio.timeout(PATIENCE):
            await ready.wait()
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/mcp"
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("mode", MODES)
async def test_a_search_over_http(mode: str) -> None:
    """With progress, and an answer that is checked against its schema."""
    told = []

    async def note(progress: float, _: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with serving(make_solver()) as url, Client(url, mode=mode) as client:
        result = await client.call_tool("solve", {"problem": "p"}, progress_callback=note)
        assert not result.is_error
        data = await call(client, "compare_strategies", problem="p", n=2)
    assert len(data["strategies"]) == 6
    assert told


@pytest.mark.parametrize("mode", MODES)
async def test_cancelling_over_http(mode: str) -> None:
    """The newer protocol closes the stream, the older one sends a message: both reach the model."""
    generator = SlowGenerator()
    async with serving(make_solver(generator)) as url, Client(url, mode=mode) as client:
        async with asyncio.timeout(PATIENCE):
            task = asyncio.create_task(client.call_tool("solve", {"problem": "p"}))
            await generator.waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await generator.cancelled.wait()


async def test_stopping_cancels_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a moment to finish; nothing is left behind."""
    monkeypatch.setattr("tts_async.mcp_server.http.GOODBYE_SECONDS", 0.05)
    generator = SlowGenerator()
    async with asyncio.timeout(PATIENCE):
        async with serving(make_solver(generator)) as url, aiohttp.ClientSession() as session:
            initialize = {
                "jsonrpc": "2.0",
                "id": 1,
                "method": "initialize",
                "params": {
                    "protocolVersion": "2025-06-18",
                    "capabilities": {},
                    "clientInfo": {"name": "raw", "version": "1"},
                },
            }
            async with session.post(url, json=initialize, headers=HEADERS) as response:
                own = HEADERS | {"Mcp-Session-Id": response.headers["Mcp-Session-Id"]}
            ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
            async with session.post(url, json=ready, headers=own) as response:
                assert response.status == 202
            ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/call"}
            ask |= {"params": {"name": "solve", "arguments": {"problem": "p"}}}

            async def wait_for_answer() -> None:
                async with session.post(url, json=ask, headers=own) as response:
                    await response.read()

            task = asyncio.create_task(wait_for_answer())
            await generator.waiting.wait()
        await generator.cancelled.wait()
        task.cancel()
        with suppress(asyncio.CancelledError, aiohttp.ClientError):
            await task


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({}, {200, 400}),
        ({"Host": "localhost:1"}, {200, 400}),
        ({"Host": "evil.example"}, {421}),
        ({"Host": "127.0.0.1.evil.example:80"}, {421}),
        ({"Origin": "http://evil.example"}, {403}),
        ({"Origin": "http://localhost:3000"}, {200, 400}),
    ],
)
async def test_web_pages_from_elsewhere_are_refused(
    header: dict[str, str], status: set[int]
) -> None:
    """Also those whose name was made to point here."""
    async with (
        serving(make_solver()) as url,
        aiohttp.ClientSession() as session,
        session.post(url, json=PING, headers=HEADERS | header) as response,
    ):
        assert response.status in status


async def test_a_further_name_is_let_in() -> None:
    """The one that was allowed, and no other."""
    server = serving(make_solver(), names=["search.example"])
    async with server as url, aiohttp.ClientSession() as session:
        for host, refused in (("search.example:443", False), ("127.0.0.1:80", True)):
            own = HEADERS | {"Host": host}
            async with session.post(url, json=PING, headers=own) as response:
                assert (response.status == 421) is refused


async def test_a_body_too_large_is_refused() -> None:
    """Before it is read as anything."""
    async with serving(make_solver()) as url, aiohttp.ClientSession() as session:
        body = BytesIO(b" " * (5 * 1024 * 1024))
        headers = HEADERS | {"Content-Type": "application/json"}
        async with session.post(url, data=body, headers=headers) as response:
            assert response.status == 413


class Absent:
    """A generator whose server does not answer."""

    capacity = 4

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Never."""
        raise AssertionError

    async def __aenter__(self) -> None:
        raise GeneratorUnavailable("nobody is there")

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_a_model_that_cannot_be_opened_is_the_error() -> None:
    """Bare, and before anybody could connect."""
    server = make_server(make_solver(Absent()))
    with (
        socket.create_server(("127.0.0.1", 0)) as sock,
        pytest.raises(GeneratorUnavailable, match="nobody is there"),
    ):
        await serve_http(server, [sock])


async def test_who_is_told_that_it_listens_can_connect() -> None:
    """At once: the command's sockets are bound, and nobody listens at them yet."""
    accepting = []

    def note() -> None:
        accepting.append(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
        task.cancel()

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        task = asyncio.create_task(serve_http(make_server(make_solver()), [sock], when_ready=note))
        with pytest.raises(asyncio.CancelledError):
            await task
    assert accepting == [1]
