"""The other end of a trace that began elsewhere."""

from aiohttp import web
from aiohttp.typedefs import Handler
from opentelemetry.context import attach, detach
from opentelemetry.propagate import extract


@web.middleware
async def continue_trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Searches under this request belong to the trace that its ``traceparent`` header names."""
    token = attach(extract(request.headers))
    try:
        return await handler(request)
    finally:
        detach(token)
