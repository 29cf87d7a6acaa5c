"""A gateway on its sockets, until it is told to stop."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from socket import socket
from typing import Final

from aiohttp import web

from tts_async.gateway.parts import ACCESS, SETTINGS
from tts_async.gateway.settled_heap import settled_heap
from tts_async.gateway.shutdown import StopSignals, drain

GOODBYE_SECONDS: Final = 5.0
"""For handlers whose search has ended to say so, before their connections are closed."""
LINGER_SECONDS: Final = 1.0
"""For a client that is still sending what was refused, to read why."""


async def serve(
    app: web.Application,
    sockets: Sequence[socket],
    when_ready: Callable[[], None],
    *,
    meanwhile: AbstractContextManager[object] | None = None,
) -> None:
    """Open the models, listen, and answer until SIGTERM or SIGINT, or until the task is cancelled.

    ``sockets`` are bound and not listening. After a signal, searches under way may go on for
    ``drain_seconds``; cancelled, it ends them at once. ``meanwhile`` is entered when it listens.
    Raises what the solver raises when it is opened.
    """
    access, settings = app[ACCESS], app[SETTINGS]
    runner = web.AppRunner(
        app,
        access_log=None,  # the application has its own
        handle_signals=False,
        # Also what a connection gets to send its first line and headers.
        keepalive_timeout=settings.client_seconds,
        lingering_time=LINGER_SECONDS,
        shutdown_timeout=GOODBYE_SECONDS,
    )
    stop = StopSignals()
    with ExitStack() as until_the_end:
        try:
            await runner.setup()
            until_the_end.enter_context(settled_heap())
            for sock in sockets:
                await web.SockSite(runner, sock).start()
            until_the_end.enter_context(stop.heard())
            until_the_end.enter_context(meanwhile or nullcontext())
            when_ready()
            await stop.asked.wait()
            await drain(access, settings.drain_seconds, stop.forced)
        finally:
            access.stop_searches()
            await runner.cleanup()
