"""``tts-async serve``: searches for everything that speaks OpenAI's API."""

import json
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tts_async.cli import options
from tts_async.cli.listening import Listening, listen
from tts_async.cli.models import Models
from tts_async.cli.observers import make_observers
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible, say
from tts_async.cli.traces import traces
from tts_async.errors import ConfigurationError
from tts_async.observe import (
    EventHub,
    configure_logging,
    make_metrics,
    metrics_route,
    trace_requests,
)
from tts_async.strategies import DVTS, Majority, Policy
from tts_async.types.budget import Budget

_LIMITS: Final = "Limits"
_SERVER: Final = "Server"


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
    default_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the model name 'default' stands for. (default: dvts; majority without a "
            "verifier)",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODEL",
            help="A further model name, such as gpt-4o-mini=dvts-16, for clients that cannot be "
            "told another. May be repeated.",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    policy: options.Policy = None,
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
    keep_alive: Annotated[
        float | None,
        typer.Option(
            help="Seconds of silence after which a stream says that it lives. (default: 10)",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    drain: Annotated[
        float | None,
        typer.Option(
            help="Seconds that searches may go on after Ctrl-C or SIGTERM; a second one ends at "
            "once. (default: 30)",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    max_candidates: Annotated[
        int | None,
        typer.Option(help="The largest n of a search. (default: 256)", rich_help_panel=_LIMITS),
    ] = None,
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Seconds for a search; then the best answer so far counts.",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    max_searches: Annotated[
        int | None,
        typer.Option(help="Searches at a time. (default: 64)", rich_help_panel=_LIMITS),
    ] = None,
    max_queued: Annotated[
        int | None,
        typer.Option(
            help="Searches in line for a place; what comes then is told to come back later. "
            "(default: 256)",
            rich_help_panel=_LIMITS,
        ),
    ] = None,
    token_budget: options.TokenBudget = None,
    speculate: options.Speculate = False,
    aggregation: options.Aggregation = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    max_tokens: options.MaxTokens = None,
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    api_key: options.ApiKey = None,
    generator: options.Generator = None,
    verifier: options.Verifier = None,
    verifier_device: options.VerifierDevice = None,
    verifier_dtype: options.VerifierDtype = None,
    log_prompts: Annotated[
        bool,
        typer.Option("--log-prompts", help="Log what is asked, too.", rich_help_panel="Output"),
    ] = False,
    log_level: options.LogLevel = None,
    log_json: options.LogJson = False,
    trace: options.Trace = False,
) -> None:
    """Answer OpenAI's API with searches: the model's name says how, as in dvts-16.

    The embedded model is used unless told otherwise; it knows whole-number arithmetic only.
    """
    from tts_async.gateway import GatewaySettings, make_app
    from tts_async.gateway.access import (
        KEYS_VARIABLE,
        AccessControl,
        KeySources,
        reloading_on_hangup,
    )
    from tts_async.gateway.live import add_live_page
    from tts_async.gateway.serving import serve

    with exit_codes(), traces(asked=trace) as tracers:
        models = Models(
            generator=generator,
            base_url=base_url,
            model=model,
            api_key=api_key,
            verifier=verifier,
            verifier_device=verifier_device,
            verifier_dtype=verifier_dtype,
        )
        given: dict[str, Any] = {
            "policy": None if policy is None else Policy.load(policy),
            "max_candidates": max_candidates,
            "max_seconds": max_seconds,
            "keep_alive_seconds": keep_alive,
            "drain_seconds": drain,
            "max_searches": max_searches,
            "max_queued": max_queued,
            "log_prompts": log_prompts,
        }
        settings = GatewaySettings(
            aliases=read_aliases(alias or (), default_model),
            **{name: value for name, value in given.items() if value is not None},
        )
        configure_logging("info", json=log_json)
        observers = make_observers(log_level, as_json=log_json) if log_level else []
        hub = EventHub()
        metrics = make_metrics() if find_spec("prometheus_client") else None
        watching = [hub] if metrics is None else [hub, metrics]
        solver = models.make_solver(
            [Majority() if models.verifier_name is None else DVTS()],
            observers=[*watching, *observers, *tracers],
            sampling=models.sampling(temperature, top_p, max_tokens),
            aggregation=aggregation,
            budget=Budget(tokens=token_budget),
            speculate=speculate,
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
            app.add_routes([metrics_route(metrics)])
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


def read_aliases(given: Sequence[str], default_model: str | None) -> dict[str, str]:
    """The further model names; raises ``ConfigurationError`` for what is no ``NAME=MODEL``."""
    aliases = {} if default_model is None else {"default": default_model}
    for words in given:
        name, sign, target = (word.strip() for word in words.partition("="))
        if not (name and sign and target):
            raise ConfigurationError(f"alias: expected NAME=MODEL, got {words!r}")
        aliases[name] = target
    return aliases


def _announce(listening: Listening, models: Models, *, has_keys: bool) -> None:
    verifier = models.verifier_name or "none"
    say(f"listening on {listening.url}/v1 (generator {models.generator_name}, verifier {verifier})")
    body = {"model": "default", "messages": [{"role": "user", "content": "(7*8)-(3+9)"}]}
    headers = "-H 'Content-Type: application/json'"
    if has_keys:
        headers += " -H 'Authorization: Bearer KEY'"
    say(f"try: curl {listening.url}/v1/chat/completions {headers} -d '{json.dumps(body)}'")
    say(f"look on: {listening.url}/")
