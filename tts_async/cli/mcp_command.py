"""``tts-async mcp``: searches as tools of assistants and agents."""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Final

import typer

from tts_async.cli import options
from tts_async.cli.listening import Listening, listen
from tts_async.cli.log_options import LogOptions
from tts_async.cli.models import Models
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible, say
from tts_async.cli.search_options import SearchOptions
from tts_async.cli.traces import traces
from tts_async.errors import ConfigurationError
from tts_async.mcp_server import make_server
from tts_async.solver import Solver

_SERVER: Final = "Server"


class Transport(StrEnum):
    """How a client reaches the server."""

    stdio = "stdio"
    http = "http"


@exit_codes()
@with_option_groups
def serve_mcp(
    *,
    transport: Annotated[
        Transport,
        typer.Option(
            help="stdio for clients that start the server themselves, http for those that find it "
            "running.",
            rich_help_panel=_SERVER,
        ),
    ] = Transport.stdio,
    host: Annotated[
        str, typer.Option(help="The address to listen on (http).", rich_help_panel=_SERVER)
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="The port; 0 takes a free one (http).", rich_help_panel=_SERVER
        ),
    ] = 8090,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further name that clients may call the server by (http). May be repeated. "
            "Needed to listen on more than this machine.",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    max_candidates: Annotated[
        int,
        typer.Option(min=1, help="The largest n of a search.", rich_help_panel="Limits"),
    ] = 256,
    outage_seconds: options.OutageSeconds = 30.0,
    search: SearchOptions,
    models: Models,
    log: LogOptions,
    trace: options.Trace = False,
) -> None:
    """Offer searches to assistants and agents, over the Model Context Protocol.

    The embedded model is used unless told otherwise; it knows whole-number arithmetic only.
    """
    from tts_async.http.retry import for_clients

    with traces(asked=trace) as tracers:
        solver = models.solver_for(
            [models.default_strategy],
            search,
            observers=[*log.make_observers(), *tracers],
            retry=for_clients(outage_seconds),
        )
        with suppress(Interrupted):  # how a server ends
            if transport is Transport.stdio:
                _serve_stdio(solver, max_candidates)
            else:
                with listen(host, port) as listening:
                    _serve_http(solver, max_candidates, listening, allow_host or ())


def _serve_stdio(solver: Solver, max_candidates: int) -> None:
    server = make_server(solver, max_candidates=max_candidates)
    from tts_async.mcp_server.stdio import serve_stdio

    run_interruptible(serve_stdio(server))


def _serve_http(
    solver: Solver, max_candidates: int, listening: Listening, names: Sequence[str]
) -> None:
    server = make_server(solver, max_candidates=max_candidates)
    from tts_async.mcp_server.http import LOOPBACK, PATH, serve_http

    if not listening.is_loopback and not names:
        raise ConfigurationError(
            f"host: {listening.host} can be reached from other machines, and this server asks "
            "nobody for a key; listen on 127.0.0.1 behind a proxy that does, or name with "
            "--allow-host what clients call it by"
        )
    run_interruptible(
        serve_http(
            server,
            listening.sockets,
            names=[*LOOPBACK, *names],
            when_ready=lambda: say(f"listening on {listening.url}{PATH}"),
        )
    )
