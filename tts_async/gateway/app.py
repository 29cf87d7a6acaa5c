"""The gateway as an application: routes, parts, and the solver's life."""

from collections.abc import AsyncIterator

from aiohttp import web

from tts_async.gateway.access import AccessControl
from tts_async.gateway.access_log import add_access_log
from tts_async.gateway.chat import complete_chat
from tts_async.gateway.error_responses import answer_errors
from tts_async.gateway.http_log import make_http_logger
from tts_async.gateway.model_names import ModelNames
from tts_async.gateway.models import list_models, show_model
from tts_async.gateway.parts import ACCESS, MODEL_NAMES, SETTINGS, SOLVER, TURNSTILE, Access
from tts_async.gateway.readiness import READINESS, make_readiness, show_health, show_ready
from tts_async.gateway.settings import GatewaySettings
from tts_async.gateway.turnstile import Turnstile
from tts_async.solver import Solver


def make_app(
    solver: Solver,
    settings: GatewaySettings | None = None,
    *,
    access: Access | None = None,
) -> web.Application:
    """An application that answers OpenAI's requests with searches.

    It opens the solver when it starts and closes it when it stops. Without ``access`` everybody
    on this machine may ask. Further routes find what they need under the keys in
    ``gateway.parts``.

    Raises ``ConfigurationError`` for an alias that leads nowhere.
    """
    settings = settings or GatewaySettings()
    app = web.Application(
        middlewares=[answer_errors],
        client_max_size=settings.max_body_bytes,
        # A client that goes away cancels its handler, and that its search. Bodies are unpacked
        # where they are read: aiohttp would go on unpacking what was refused, for a second or two.
        handler_args={
            "handler_cancellation": True,
            "auto_decompress": False,
            "logger": make_http_logger(),
        },
    )
    add_access_log(app)
    app[SOLVER] = solver
    app[SETTINGS] = settings
    app[ACCESS] = access or AccessControl(settings)
    app[MODEL_NAMES] = ModelNames(settings.aliases, solver.has_verifier, settings.max_candidates)
    app[READINESS] = make_readiness(app)
    app[TURNSTILE] = Turnstile()
    app.cleanup_ctx.append(_opened_solver)
    app.add_routes(
        [
            web.post("/v1/chat/completions", complete_chat),
            web.get("/v1/models", list_models),
            web.get("/v1/models/{model}", show_model),
            web.get("/health", show_health),
            web.get("/ready", show_ready),
        ]
    )
    return app


async def _opened_solver(app: web.Application) -> AsyncIterator[None]:
    async with app[SOLVER]:
        yield
