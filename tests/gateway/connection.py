"""A connection to a gateway, without a client that would tidy up."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.gateway.served import Served


@dataclass(frozen=True)
class Connection:
    """Both directions of it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@asynccontextmanager
async def asking(gateway: Served, *, model: str, stream: bool) -> AsyncIterator[Connection]:
    """A connection of its own, over which a search was asked for."""
    host, port = gateway.server.host, gateway.server.port
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    messages = [{"role": "user", "content": "1 + 1"}]
    body = json.dumps({"model": model, "messages": messages, "stream": stream}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
