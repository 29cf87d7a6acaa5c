"""A gateway with keys, on a real socket, and raw bytes for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

from tts_async import Solver
from tts_async.cli.listening import listen
from tts_async.gateway import GatewaySettings, make_app, serving
from tts_async.gateway.access import AccessControl, KeyRing, Tenant
from tts_async.gateway.access.secret import digest_of


class Raw:
    """What came back over a connection: ``status`` is 0 where nothing did."""

    def __init__(self, answer: bytes) -> None:
        head, _, self.body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1]) if first else 0
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.lower(): value.strip() for name, _, value in pairs}

    @property
    def error(self) -> Any:
        """OpenAI's error object."""
        return json.loads(self.body)["error"]


class Gateway:
    """Where it listens, and how to stop it."""

    def __init__(self, port: int, access: AccessControl, task: "asyncio.Task[None]") -> None:
        self.port = port
        self.access = access
        self.task = task

    @asynccontextmanager
    async def connected(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection without anything said."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def send(self, data: bytes) -> Raw:
        """Everything that is answered until the gateway closes the connection."""
        async with self.connected() as (reader, writer):
            writer.write(data)
            return Raw(await reader.read())

    async def ask(self, **request: Any) -> Raw:
        """One chat completion."""
        return await self.send(chat(**request))


def chat(
    key: str | None = None, model: str = "greedy", question: str = "1 + 1", **more: Any
) -> bytes:
    """The bytes of a whole request; ``headers`` are further lines, the rest is of the body."""
    lines = more.pop("headers", [])
    messages = [{"role": "user", "content": question}]
    body = json.dumps({"model": model, "messages": messages, **more}).encode()
    if key is not None:
        lines = [f"Authorization: Bearer {key}", *lines]
    return head("POST", *lines, f"Content-Length: {len(body)}", "Connection: close") + body


def head(method: str, *lines: str, path: str = "/v1/chat/completions") -> bytes:
    """First line and headers."""
    first = f"{method} {path} HTTP/1.1"
    own = ["Host: localhost", "Content-Type: application/json"]
    return "\r\n".join([first, *own, *lines, "", ""]).encode("latin-1", "surrogateescape")


@asynccontextmanager
async def gateway(
    solver: Solver, tenants: dict[str, Tenant] | None = None, **settings: Any
) -> AsyncIterator[Gateway]:
    """A gateway before this solver, for the holders of these keys."""
    limits = GatewaySettings(**settings)
    ring = KeyRing([(digest_of(key), tenant) for key, tenant in (tenants or {}).items()])
    access = AccessControl(limits, ring if tenants else None)
    ready = asyncio.Event()
    # A second is right for clients far away.
    with patch.object(serving, "LINGER_SECONDS", 0.2), listen("127.0.0.1", 0) as listening:
        app = make_app(solver, limits, access=access)
        task = asyncio.create_task(serving.serve(app, listening.sockets, ready.set))
        await asyncio.wait(
            [task, waiting := asyncio.create_task(ready.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        waiting.cancel()
        try:
            yield Gateway(listening.port, access, task)
        finally:
            task.cancel()
            await asyncio.wait([task])
