"""Over the standard streams of this process, for clients that start it themselves."""

import asyncio
import os
import threading
from contextlib import suppress
from itertools import chain
from typing import Self, cast

import anyio
from mcp import stdio_server
from mcp.server import Server

from tts_async.mcp_server.failures import bare_errors
from tts_async.solver import Solver

STDIN = 0


async def serve_stdio(server: Server[Solver]) -> None:
    """Answer until the client closes its end, or the task is cancelled.

    Meanwhile whatever else writes to stdout, here or in a child process, ends up on stderr: the
    SDK keeps the stream of messages to itself. Raises what the solver raises when it is opened.
    """
    lines = cast("anyio.AsyncFile[str]", _Lines(STDIN))  # it is iterated over, and no more
    with bare_errors():
        async with stdio_server(stdin=lines) as (requests, answers):
            await server.run(requests, answers, server.create_initialization_options())


class _Lines:
    """The lines of a file, read by a thread that nobody has to wait for.

    A thread cannot be made to give up reading. The SDK's own reader is one that is waited for, so
    that a server which is told to end would stay until its client says something.
    """

    def __init__(self, file: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._read: asyncio.Queue[str] = asyncio.Queue()
        threading.Thread(target=self._work, args=(os.dup(file),), daemon=True).start()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        line = await self._read.get()
        if not line:
            raise StopAsyncIteration
        return line

    def _work(self, file: int) -> None:
        with (
            open(file, encoding="utf-8", errors="replace") as lines,
            suppress(RuntimeError),  # the loop is closed: nobody listens any more
        ):
            for line in chain(lines, [""]):
                self._loop.call_soon_threadsafe(self._read.put_nowait, line)
