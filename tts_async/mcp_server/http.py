"""Over streamable HTTP, for clients that find the server running."""

import asyncio
from collections.abc import Callable, Sequence
from socket import socket
from typing import Final

import uvicorn
from mcp.server import Server
from mcp.server.transport_security import TransportSecuritySettings

from tts_async.mcp_server.failures import bare_errors
from tts_async.solver import Solver

PATH: Final = "/mcp"
GOODBYE_SECONDS: Final = 3
"""For calls under way when the server is told to stop; then they are cancelled."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


async def serve_http(
    server: Server[Solver],
    sockets: Sequence[socket],
    *,
    names: Sequence[str] = LOOPBACK,
    when_ready: Callable[[], None] = lambda: None,
) -> None:
    """Open the solver, listen on bound ``sockets``, and answer at ``/mcp`` until told to stop.

    Requests have to call the server by one of ``names`` in their ``Host`` header, and pages of a
    browser have to come from one: otherwise any web page could reach a server on the reader's own
    machine by having a name of its own point there. Cancelling the call stops it, as SIGINT and
    SIGTERM do. Raises what the solver raises when it is opened.
    """
    app = server.streamable_http_app(streamable_http_path=PATH, transport_security=_known_as(names))
    config = uvicorn.Config(
        app,
        lifespan="off",  # entered right here, so that what fails is raised
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )
    listener = uvicorn.Server(config)
    with bare_errors():
        async with server.session_manager.run():
            for sock in sockets:
                sock.listen()  # the listener takes a moment to begin, and now nobody is turned away
            when_ready()
            serving = asyncio.create_task(listener.serve(sockets=list(sockets)))
            try:
                await asyncio.shield(serving)
            except asyncio.CancelledError:
                listener.should_exit = True
                await serving
                raise


def _known_as(names: Sequence[str]) -> TransportSecuritySettings:
    hosts = [form for name in names for form in (name, f"{name}:*")]
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)
