"""Clients that are slow, huge, silent or make no sense: the gateway goes on serving."""

import asyncio
import gzip
import socket
import struct

import pytest
from structlog.testing import capture_logs

from tests.gateway.access.over_http import Gateway, chat, gateway, head
from tests.patience import PATIENCE
from tts_async import Solver
from tts_async.gateway.access import Tenant, new_key
from tts_async.testing import RandomGenerator

KEY = new_key()
AUTH = f"Authorization: Bearer {KEY}"


def solver() -> Solver:
    """At once."""
    return Solver(generator=RandomGenerator())


async def serves(door: Gateway) -> bool:
    """Whether somebody else is answered as ever."""
    async with asyncio.timeout(PATIENCE):
        return (await door.ask(key=KEY)).status == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (head("GET", "no colon here"), 400),
        (head("GET", f"Authorization: Bearer {KEY}\x00"), 400),
        (head("POST", AUTH, "Content-Length: -1"), 400),
        (head("POST", AUTH, "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (head("POST", AUTH, "Transfer-Encoding: chunked") + b"zzz\r\n", 400),
        (head("GET", f"X-Long: {'x' * 10_000}"), 400),
        (head("GET", path="/" + "x" * 10_000), 400),
        (head("GET", *(f"X-{i}: {i}" for i in range(1000))), 400),
        (head("GET", "Connection: close", path="/../../etc/passwd"), 404),
        (head("GET", "Connection: close", path="/live/%2e%2e%2f%2e%2e%2fkeys.toml"), 404),
        (head("GET", AUTH, "Connection: close"), 405),
        (head("POST", AUTH, "Content-Length: 2", "Connection: close") + b"[]", 400),
        (head("POST", AUTH, "Content-Length: 4000", "Connection: close") + b"[" * 4000, 400),
    ],
)
async def test_what_makes_no_sense(
    data: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The right status, and neither key nor traceback in the log."""
    with capture_logs() as lines:
        async with gateway(solver(), {KEY: Tenant(name="alice")}, client_seconds=30) as door:
            answer = await door.send(data)
            assert answer.status == status
            assert await serves(door)
    assert KEY not in repr(lines) + caplog.text
    assert "Traceback" not in caplog.text
    assert not [line for line in lines if line["log_level"] in ("warning", "error")]


async def test_bodies_that_are_too_large() -> None:
    """Announced, sent without an announcement, or packed: the size is that of what comes out."""
    packed = gzip.compress(b"x" * 5_000_000)
    gzipped = ["Content-Encoding: gzip", f"Content-Length: {len(packed)}"]
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with gateway(solver(), {KEY: Tenant(name="alice")}, max_body_bytes=100_000) as door:
        for data in (
            head("POST", AUTH, "Content-Length: 5000000") + b"x" * 200_000,
            head("POST", AUTH, "Transfer-Encoding: chunked") + chunk * 20,
            head("POST", AUTH, *gzipped) + packed,
        ):
            async with asyncio.timeout(PATIENCE):
                answer = await door.send(data)
            assert (answer.status, answer.error["code"]) == (413, "request_too_large")
        assert await serves(door)


async def test_a_body_that_does_not_come() -> None:
    """Is waited for as long as the settings say."""
    async with gateway(solver(), {KEY: Tenant(name="alice")}, client_seconds=1) as door:
        async with asyncio.timeout(PATIENCE):
            answer = await door.send(head("POST", AUTH, "Content-Length: 1000") + b"{")
        assert (answer.status, answer.error["code"]) == (408, "request_timeout")
        assert await serves(door)


@pytest.mark.parametrize(
    ("beginning", "drop"),
    [(b"", b""), (b"POST /v1/chat/completions HT", b""), (head("POST")[:-2], b"X")],
)
async def test_headers_that_do_not_come(beginning: bytes, drop: bytes) -> None:
    """Not even drop by drop: what counts is when they began."""
    async with gateway(solver(), {KEY: Tenant(name="alice")}, client_seconds=1) as door:
        async with asyncio.timeout(PATIENCE), door.connected() as (reader, writer):
            writer.write(beginning)
            for _ in range(4):
                await asyncio.sleep(0.05)
                writer.write(drop)
            assert await reader.read() == b""
        assert await serves(door)


async def test_two_hundred_silent_connections() -> None:
    """Take up no more than themselves."""
    async with gateway(solver(), {KEY: Tenant(name="alice")}) as door:
        silent = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(200)]
        for _, writer in silent:
            writer.write(head("POST", AUTH, "Content-Length: 1000"))
        assert await serves(door)
        for _, writer in silent:
            writer.close()


async def test_clients_that_hang_up_in_the_middle() -> None:
    """Politely or not, at whatever point of their request."""
    whole = chat(key=KEY)
    async with gateway(solver(), {KEY: Tenant(name="alice")}) as door:
        for length in range(0, len(whole), 40):
            _, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write(whole[:length])
            await writer.drain()
            linger = struct.pack("ii", 1, 0)
            sock = writer.get_extra_info("socket")
            if length % 80:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.close()
        assert await serves(door)
        assert door.access.running == 0
