"""The wire format of server-sent events, on a response of aiohttp."""

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import web

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx would collect what is meant to be seen at once
}


class ClientGone(Exception):
    """Nobody reads the stream any more."""


class EventStream:
    """A response that is written event by event. Every method raises ``ClientGone``.

    ``patience``: seconds that a client may take to read a piece; one that takes longer is cut off.
    """

    def __init__(self, request: web.Request, patience: float) -> None:
        self.response = web.StreamResponse(headers=HEADERS)
        self._request = request
        self._patience = patience

    async def open(self) -> None:
        """Send the headers."""
        try:
            await self.response.prepare(self._request)
        except ConnectionError as error:
            raise ClientGone from error

    async def send(self, data: Any) -> None:
        """One event with JSON in it."""
        await self._write(b"data: " + msgspec.json.encode(data) + b"\n\n")

    async def done(self) -> None:
        """What OpenAI ends its streams with."""
        await self._write(b"data: [DONE]\n\n")

    async def comment(self, text: str) -> None:
        """A line that no client sees, and that keeps proxies from giving up."""
        await self._write(f": {text}\n\n".encode())

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self.response.write(data)
        except ConnectionError as error:
            raise ClientGone from error
        except TimeoutError as error:
            if self._request.transport is not None:
                self._request.transport.abort()
            raise ClientGone from error
