"""``tts-async serve``: searches for everything that speaks OpenAI's API."""

import json
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final

import typer

from tts_async.cli import options
from tts_async.cli.gateway_options import GatewayOptions
from tts_async.cli.listening import Listening, listen
from tts_async.cli.log_options import LogOptions
from tts_async.cli.models import Models
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible, say
from tts_async.cli.search_options import SearchOptions
from tts_async.cli.traces import traces
from tts_async.errors import ConfigurationError
from tts_async.observe import (
    EventHub,
    configure_logging,
    make_metrics,
    metrics_route,
    trace_requests,
)

_SERVER: Final = "Server"


@exit_codes()
@with_option_groups
def serve_gateway(
    *,
    host: Annotated[
        str, typer.Option(help="The address to listen on.", rich_help_panel=_SERVER)
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="The port; 0 takes a free one.", rich_help_panel=_SERVER
        ),
    ] = 8080,
    gateway: GatewayOptions,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Who may ask: API keys and their limits, as tts-async keys new writes them. "
            "SIGHUP has it read again. More keys can stand in TTS_ASYNC_API_KEYS. (default: "
            "everybody on this machine)",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    outage_seconds: options.OutageSeconds = 30.0,
    search: SearchOptions,
    models: Models,
    log_prompts: Annotated[
        bool,
        typer.Option("--log-prompts", help="Log what is asked, too.", rich_help_panel="Output"),
    ] = False,
    log: LogOptions,
    trace: options.Trace = False,
) -> None:
    """Answer OpenAI's API with searches: the model's name says how, as in dvts-16.

    The embedded model is used unless told otherwise; it knows whole-number arithmetic only.
    """
    from tts_async.gateway import make_app
    from tts_async.gateway.access import (
        KEYS_VARIABLE,
        AccessControl,
        KeySources,
        reloading_on_hangup,
    )
    from tts_async.gateway.live import add_live_page
    from tts_async.gateway.serving import serve
    from tts_async.http.retry import for_clients

    with traces(asked=trace) as tracers:
        settings = gateway.settings(log_prompts=log_prompts)
        configure_logging("info", json=log.log_json)
        observers = log.make_observers() if log.log_level else []
        hub = EventHub()
        metrics = make_metrics() if find_spec("prometheus_client") else None
        watching = [hub] if metrics is None else [hub, metrics]
        solver = models.solver_for(
            [models.default_strategy],
            search,
            observers=[*watching, *observers, *tracers],
            retry=for_clients(outage_seconds),
        )
        key_sources = KeySources(keys)
        ring = key_sources.read()
        access = AccessControl(settings, ring if len(ring) else None)
        app = make_app(solver, settings, access=access)
        add_live_page(app, hub)
        if tracers:
            app.middlewares.append(trace_requests())
        if metrics is not None:
            metrics.watch(solver)
            app.add_routes([metrics_route(metrics, check=access.authenticate)])
        with listen(host, port) as listening:
            if not (listening.is_loopback or len(ring)):
                raise ConfigurationError(
                    f"host: {host} can be reached from other machines, and everybody there could "
                    f"spend your tokens; give --keys or {KEYS_VARIABLE}, or listen on 127.0.0.1"
                )
            with suppress(Interrupted):  # how a server ends; it has said goodbye to everybody
                run_interruptible(
                    serve(
                        app,
                        listening.sockets,
                        when_ready=lambda: _announce(listening, models, has_keys=len(ring) > 0),
                        meanwhile=reloading_on_hangup(access, key_sources),
                    )
                )
        say("stopped")


def _announce(listening: Listening, models: Models, *, has_keys: bool) -> None:
    verifier = models.verifier_name or "none"
    say(f"listening on {listening.url}/v1 (generator {models.generator_name}, verifier {verifier})")
    body = {"model": "default", "messages": [{"role": "user", "content": "(7*8)-(3+9)"}]}
    headers = "-H 'Content-Type: application/json'"
    if has_keys:
        headers += " -H 'Authorization: Bearer KEY'"
    say(f"try: curl {listening.url}/v1/chat/completions {headers} -d '{json.dumps(body)}'")
    say(f"look on: {listening.url}/")
