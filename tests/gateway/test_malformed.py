"""What no client of ours would send, over a bare socket: refused, forgotten, and on to the next."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.gateway.served import random_trees
from tests.patience import PATIENCE
from tts_async.gateway import GatewaySettings, make_app
from tts_async.gateway.serving import serve

CLIENT_SECONDS = 1.0
"""Seconds that a client gets to send what it began."""
JSON = "Content-Type: application/json"
BODY = json.dumps({"model": "greedy", "messages": [{"role": "user", "content": "1 + 1"}]}).encode()
POST = "POST /v1/chat/completions HTTP/1.1"
SECRET = "sk-secret"


PACKED = gzip.compress(BODY)


def request(first_line: str, *headers: str, body: bytes = b"") -> bytes:
    """Bytes for the wire; the server closes the connection when it has answered."""
    usual = ("Host: 127.0.0.1", "Connection: close", f"Authorization: Bearer {SECRET}")
    head = [first_line, *usual, *headers, "", ""]
    return "\r\n".join(head).encode() + body


def with_body(body: bytes, *headers: str) -> bytes:
    """A body of so many bytes."""
    return request(POST, JSON, f"Content-Length: {len(body)}", *headers, body=body)


def body_with(field: str) -> bytes:
    """The body of a request that would be answered, with one more field."""
    return with_body(BODY[:-1] + b"," + field.encode() + b"}")


REFUSED_AS_A_BODY = {
    "nothing": (b"", 400),
    "null": (b"null", 400),
    "half": (BODY[:-5], 400),
    "twice": (BODY * 2, 400),
    "a list too deep": (b"[" * 100_000, 400),
    "an object too deep": (b'{"a":' * 100_000, 400),
    "a depth where nobody looks": (BODY[:-1] + b',"x":' + b"[" * 9000 + b"]" * 9000 + b"}", 400),
    "another encoding": (BODY.decode().encode("utf-16"), 400),
    "a byte order mark": (b"\xef\xbb\xbf" + BODY, 400),
    "no UTF-8": (BODY.replace(b"1 + 1", b"\xff\xfe"), 400),
    "half a character": (BODY.replace(b"1 + 1", rb"\ud800"), 400),
    "too many bytes": (b" " * 2**20 + BODY, 413),
}
REFUSED_AS_A_NUMBER = {
    "a very long number": body_with('"n": ' + "9" * 5000),
    "an exponent too large": body_with('"temperature": 1e999'),
    "not a number": body_with('"temperature": NaN'),
    "infinity": body_with('"temperature": -Infinity'),
    "a whole number with a point": body_with('"max_tokens": 8.0'),
}
REFUSED_IN_OUR_SHAPE = {
    **{name: (with_body(body), status) for name, (body, status) in REFUSED_AS_A_BODY.items()},
    **{name: (data, 400) for name, data in REFUSED_AS_A_NUMBER.items()},
    "a lie about compression": (with_body(BODY, "Content-Encoding: gzip"), 400),
    "half of what is packed": (with_body(PACKED[:-9], "Content-Encoding: gzip"), 400),
    "another compression": (with_body(BODY, "Content-Encoding: br"), 415),
    "a bomb": (with_body(gzip.compress(bytes(5 * 10**7)), "Content-Encoding: gzip"), 413),
    "plain text": (request(POST, "Content-Type: text/plain", "Content-Length: 0"), 415),
    "a form": (request(POST, "Content-Type: multipart/form-data", "Content-Length: 0"), 415),
    "no type": (request(POST, "Content-Length: 0"), 415),
    "another method": (request("DELETE /v1/chat/completions HTTP/1.1"), 405),
    "a method for proxies": (request("CONNECT 192.0.2.1:443 HTTP/1.1"), 404),
    "a way up": (request("GET /v1/../../etc/passwd HTTP/1.1"), 404),
    "a way up, encoded": (request("GET /v1/models/..%2f..%2fetc%2fpasswd HTTP/1.1"), 404),
    "a line end in a path": (request("GET /v1/models/x%0d%0aSet-Cookie:a HTTP/1.1"), 404),
    "a zero in a path": (request("GET /v1/models/%00 HTTP/1.1"), 404),
    "two slashes": (request("POST //v1/chat/completions HTTP/1.1", JSON), 404),
    "another case": (request("POST /V1/chat/completions HTTP/1.1", JSON), 404),
    "another machine's address": (request("GET http://192.0.2.1/v1/models HTTP/1.1"), 403),
    "a body that is promised": (request(POST, JSON, f"Content-Length: {10**11}"), 408),
}
REFUSED_AS_HTTP = {
    "garbage": b"\xff\xfe\0\n\n\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(60),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a method of its own": request("FOO /v1/models HTTP/1.1"),
    "a version of its own": request("GET /v1/models HTTP/9.9"),
    "no host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "a zero in a header": b"GET /v1/models HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "a header too long": request(POST, JSON, "X: " + "a" * 20_000),
    "too many headers": request(POST, JSON, *(f"X{i}: a" for i in range(5000))),
    "a length that is none": request(POST, JSON, "Content-Length: -1"),
    "two lengths": with_body(BODY, "Content-Length: 3"),
    "a length and chunks": with_body(BODY, "Transfer-Encoding: chunked"),
    "a chunk of no size": request(POST, JSON, "Transfer-Encoding: chunked", body=b"zz\r\n" + BODY),
    "an unknown transfer": request(POST, JSON, "Transfer-Encoding: banana"),
}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a gateway as the command serves it; it has to answer well after each test too."""
    async with gateway_on_a_port() as port:
        yield port
        status, _ = await send(port, with_body(BODY))
        assert status == 200


@asynccontextmanager
async def gateway_on_a_port() -> AsyncIterator[int]:
    """On the loopback address, until the block ends."""
    app = make_app(random_trees(), GatewaySettings(client_seconds=CLIENT_SECONDS))
    listening = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        task = asyncio.create_task(serve(app, [sock], when_ready=listening.set))
        await listening.wait()
        yield int(sock.getsockname()[1])
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def send(port: int, data: bytes) -> tuple[int, bytes]:
    """Status and body of what comes back before the server closes the connection."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):  # it need not take all of it
            writer.write(data)
            await writer.drain()
        answer = b""
        with suppress(ConnectionError):
            while chunk := await reader.read(2**16):
                answer += chunk
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


@pytest.mark.parametrize("name", REFUSED_IN_OUR_SHAPE)
async def test_a_request_that_is_refused(port: int, name: str) -> None:
    """With its status, and in the shape that clients read."""
    data, expected = REFUSED_IN_OUR_SHAPE[name]
    status, body = await send(port, data)
    assert status == expected
    error = json.loads(body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert len(error["message"]) < 500


@pytest.mark.parametrize("name", REFUSED_AS_HTTP)
async def test_what_is_no_request(port: int, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A bare 400 and the end of the connection; what was sent does not get into the log."""
    status, body = await send(port, REFUSED_AS_HTTP[name])
    assert status == 400
    assert b"Traceback" not in body
    printed = "".join(capfd.readouterr())
    assert SECRET not in printed
    assert "Traceback" not in printed


async def test_one_that_leaves_in_the_midst_of_its_body(port: int) -> None:
    """Nothing is answered, because nobody listens."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(POST, JSON, "Content-Length: 999", body=BODY))
    writer.close()
    await writer.wait_closed()


async def test_what_is_unusual_and_right(port: int) -> None:
    """Chunks, compression, an old version, a header of another kind, the last of two keys."""
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    for data in (
        request(POST, JSON, "Transfer-Encoding: chunked", body=chunks),
        with_body(PACKED, "Content-Encoding: gzip"),
        with_body(BODY).replace(b"HTTP/1.1", b"HTTP/1.0"),
        with_body(BODY, "Expect: 100-continue"),
        with_body(b'{"model": "nothing", ' + BODY[1:]),
        with_body(BODY).replace(b"application/json", b"APPLICATION/JSON; charset=utf-8"),
    ):
        status, _ = await send(port, data)
        assert status in (100, 200)


async def test_a_bomb_holds_up_nobody(port: int) -> None:
    """200 MB in less than one: not even while the server waits for its sender to finish."""
    bomb = with_body(gzip.compress(bytes(2 * 10**8), 1), "Content-Encoding: gzip")
    begin = time.process_time()
    status, _ = await send(port, bomb)
    assert status == 413
    assert time.process_time() - begin < 0.1
