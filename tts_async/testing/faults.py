"""What a ``FaultProxy`` can do to an answer: one small class per way to break.

A fault is any async callable that takes an ``Exchange`` and returns the response to send, or
``None`` where it has nothing to break: then the true answer is passed on.

    async def rot13(exchange: Exchange) -> web.Response:
        answer = await exchange.forward()
        return web.Response(text=codecs.encode(answer.body.decode(), "rot13"))
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from aiohttp import web

OK = 200
Place = tuple[str | int, ...]
"""Where something is in JSON: ``("choices", 0, "text")``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server behind the proxy really said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def response(self, body: bytes | None = None) -> web.Response:
        """The same to send on, with another body where one is given."""
        content = self.body if body is None else body
        return web.Response(status=self.status, headers=self.headers, body=content)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way; ``forward`` asks the server behind, once however often called."""

    request: web.Request
    forward: Callable[[], Awaitable[Answer]]

    @property
    def transport(self) -> asyncio.Transport:
        """The client's connection; raises ``ConnectionError`` when it is gone already."""
        if self.request.transport is None:
            raise ConnectionResetError("the client went away")
        return self.request.transport


class Fault(Protocol):
    """Breaks one exchange, in one way."""

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """The response to send instead of the truth; ``None`` to send the truth."""
        ...


@dataclass(frozen=True, slots=True)
class Delay:
    """The true answer, ``seconds`` later."""

    seconds: float

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Sleep, then tell the truth."""
        await asyncio.sleep(self.seconds)
        return (await exchange.forward()).response()


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset without an answer, before or after the server did the work."""

    after_the_work: bool = False

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Drop the connection."""
        if self.after_the_work:
            await exchange.forward()
        transport = exchange.transport
        # Without lingering, closing is a reset: not the polite end of a stream.
        linger = struct.pack("ii", 1, 0)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        return await _until_gone()


@dataclass(frozen=True, slots=True)
class Truncated:
    """The connection ends in the middle of the body, after this share of it."""

    share: float = 0.5

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Announce the whole body and send its beginning."""
        answer = await exchange.forward()
        kept = int(len(answer.body) * self.share)
        exchange.transport.write(_head(answer, len(answer.body)) + answer.body[:kept])
        exchange.transport.close()
        return await _until_gone()


@dataclass(frozen=True, slots=True)
class WrongLength:
    """Content-Length is off by so many bytes.

    Announced too long, the client waits for what never comes; too short, the rest of the body is
    garbage to it.
    """

    difference: int

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Send the whole body under a wrong length."""
        answer = await exchange.forward()
        announced = max(0, len(answer.body) + self.difference)
        exchange.transport.write(_head(answer, announced) + answer.body)
        if announced <= len(answer.body):
            exchange.transport.close()
        return await _until_gone()


@dataclass(frozen=True, slots=True)
class SlowHeaders:
    """The true answer, but its headers come byte by byte, ``pause`` seconds between two."""

    pause: float = 0.001

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Send the truth as if over a very slow line."""
        answer = await exchange.forward()
        for byte in _head(answer, len(answer.body)):
            exchange.transport.write(bytes([byte]))
            await asyncio.sleep(self.pause)
        exchange.transport.write(answer.body)
        exchange.transport.close()
        return await _until_gone()


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP status with a message, and with ``Retry-After`` in seconds where given.

    The server behind never hears of the request.
    """

    status: int
    message: str = "injected"
    retry_after: float | None = None

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:  # noqa: ARG002
        """Say no."""
        wait = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        error = {"error": {"message": self.message, "code": self.status}}
        return web.json_response(error, status=self.status, headers=wait)


@dataclass(frozen=True, slots=True)
class Body:
    """200 with these bytes, which claim to be JSON; the server behind never hears of it."""

    content: bytes

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:  # noqa: ARG002
        """Say something else."""
        return web.Response(body=self.content, content_type="application/json")

    def __repr__(self) -> str:
        return f"Body({self.content[:20]!r}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class Put:
    """The true answer with another value at one place of its JSON: ``Put((…, "text"), 5)``."""

    place: Place
    value: Any

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Edit the truth."""

        def put(parent: Any, key: str | int) -> None:
            parent[key] = self.value

        return _edited(await exchange.forward(), self.place, put)


@dataclass(frozen=True, slots=True)
class Drop:
    """The true answer without what is at one place of its JSON: a field, or a list's entry."""

    place: Place

    async def __call__(self, exchange: Exchange) -> web.StreamResponse | None:
        """Edit the truth."""

        def drop(parent: Any, key: str | int) -> None:
            del parent[key]

        return _edited(await exchange.forward(), self.place, drop)


def _edited(answer: Answer, place: Place, edit: Callable[[Any, Any], None]) -> web.Response | None:
    """The answer after ``edit`` of what holds the place; ``None`` where there is no such place."""
    if answer.status != OK:
        return None
    *way, last = place
    try:
        said = parent = json.loads(answer.body)
        for key in way:
            parent = parent[key]
        parent[last]  # an answer of another kind has no such place, and is let through
        edit(parent, last)
    except (ValueError, LookupError, TypeError):
        return None
    return answer.response(json.dumps(said).encode())


def _head(answer: Answer, length: int) -> bytes:
    """Status line and headers as they go over the wire; the connection ends with the answer."""
    lines = [f"HTTP/1.1 {answer.status} -", *(f"{k}: {v}" for k, v in answer.headers.items())]
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _until_gone() -> NoReturn:
    """Everything was said on the bare connection; the proxy ends this when the client is gone."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
