"""Servers that a benchmark measures against, each in a process of its own.

Such a program prints its port and then answers until the pipe to whoever started it ends.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def child_server(module: str, *arguments: str) -> AsyncIterator[str]:
    """Run ``python -m module``; the base URL of the running server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.stdin.close()
        await process.wait()


async def until_abandoned(done: asyncio.Event, seconds: float) -> None:
    """In the child: wait for ``done``, which the end of the pipe sets too.

    Raises ``TimeoutError`` after ``seconds``.
    """
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), done.set)
    async with asyncio.timeout(seconds):
        await done.wait()
