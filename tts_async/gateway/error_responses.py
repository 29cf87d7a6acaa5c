"""From whatever goes wrong to the response that says so in OpenAI's shape."""

import math
import traceback
from typing import Final

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from tts_async.errors import (
    ConfigurationError,
    GenerationError,
    GeneratorUnavailable,
    PromptTooLong,
    TTSError,
    VerificationError,
    VerifierUnavailable,
    WorkerError,
    describe,
)
from tts_async.gateway.access_log import current_record
from tts_async.gateway.errors import GatewayError
from tts_async.gateway.parts import SETTINGS

_PARTS: Final = {
    GenerationError: "generator",
    VerificationError: "verifier",
    WorkerError: "checker",  # what compares answers; a local model's worker is one of the others
}
_NO_RETRY: Final = frozenset({"empty_answer", "deadline_exceeded"})
"""Server errors that would be the same again, and cost as much."""
_UNREAD: Final = frozenset({"request_too_large", "request_timeout", "invalid_body"})
"""Some of the request is still on its way, so its connection is of no use for another."""


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer with the error of a handler that raised; a stream reports its own."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - a redirect is no error
            raise
        return _keep_allow(error_response(_from_http(request, error)), error)
    except Exception as error:  # noqa: BLE001 - nothing may reach a client in another shape
        told = explain(error, retry_after=request.app[SETTINGS].retry_after)
        current_record().error = told.code
        return error_response(told)


def error_response(error: GatewayError) -> web.Response:
    """The error as a whole response."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.code in _NO_RETRY:
        headers["x-should-retry"] = "false"  # OpenAI's clients ask again after a server error
    if error.status == web.HTTPUnauthorized.status_code:
        headers["WWW-Authenticate"] = "Bearer"
    response = web.Response(
        status=error.status,
        body=msgspec.json.encode(error.to_dict()),
        content_type="application/json",
        headers=headers,
    )
    if error.code in _UNREAD:
        response.force_close()
    return response


def explain(error: Exception, *, retry_after: float) -> GatewayError:
    """The error as clients are told it.

    What is wrong on this side of the gateway is told in general words, and logged in its own: it
    names servers and folders that are nobody else's business.
    """
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, PromptTooLong):
        return GatewayError(400, "context_length_exceeded", str(error), param="messages")
    if isinstance(error, ConfigurationError):
        return GatewayError(400, "invalid_value", str(error), param=_named_in(error))
    _log(error)
    part = next((part for kind, part in _PARTS.items() if isinstance(error, kind)), None)
    if isinstance(error, GeneratorUnavailable | VerifierUnavailable | WorkerError):
        return GatewayError(
            503,
            f"{part}_unavailable",
            f"the {part} cannot be reached; try again later",
            retry_after=retry_after,
        )
    if part is not None:
        return GatewayError(
            502, f"{part}_failed", f"the {part} failed ({type(error).__name__}); see the log"
        )
    return GatewayError(500, "internal_error", "something is wrong in the gateway; see its log")


def _log(error: Exception) -> None:
    fields = {"error": describe(error)}
    if not isinstance(error, TTSError):  # a bug: without the frames' variables, which are secret
        frames = traceback.walk_tb(error.__traceback__)
        places = [f"{frame.f_code.co_filename}:{line}" for frame, line in frames]
        fields["at"] = " > ".join(places)
    structlog.get_logger("tts_async").error("request failed", **fields)


def _named_in(error: ConfigurationError) -> str | None:
    """The argument that the message begins with."""
    name, colon, _ = str(error).partition(": ")
    return name if colon and name.replace("_", "").replace(".", "").isalnum() else None


def _from_http(request: web.Request, error: web.HTTPException) -> GatewayError:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        limit = request.app[SETTINGS].max_body_bytes
        return GatewayError(413, "request_too_large", f"the body may have at most {limit:,} bytes")
    if isinstance(error, web.HTTPNotFound):
        return GatewayError(
            404,
            "unknown_url",
            f"{request.method} {request.path} is not here; see POST /v1/chat/completions",
        )
    code = (error.reason or "bad request").lower().replace(" ", "_")
    return GatewayError(error.status, code, f"{request.method} {request.path}: {error.reason}")


def _keep_allow(response: web.Response, error: web.HTTPException) -> web.Response:
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response
