"""One line per request, with an id that the client knows too.

Lines carry names, counts and seconds. What was asked stays out of them unless the operator wants it
(``log_prompts``), and keys always do: a key's name says whose request it was.
"""

import asyncio
import re
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

REQUEST_ID: Final = "x-request-id"
CLIENT_GONE: Final = 499
"""The status of a request whose client did not wait for the answer; nginx's invention."""
_USABLE_ID: Final = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
_POLLED: Final = frozenset({"/health", "/ready", "/metrics"})
_PARTS_OF_PAGES: Final = (".js", ".css")


@dataclass(slots=True, kw_only=True)
class AccessRecord:
    """What the handlers know of a request; ``None`` is left out of the line.

    ``key`` is the name of the tenant, ``tokens`` what was generated for the request, ``error`` the
    code of what went wrong in a stream, which had a good status when it began.
    """

    request_id: str
    key: str | None = None
    model: str | None = None
    tokens: int | None = None
    stop_reason: str | None = None
    error: str | None = None
    prompt: Any = None

    def fields(self) -> dict[str, Any]:
        """The names and values of the line."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value is not None}


_RECORD: Final[ContextVar[AccessRecord]] = ContextVar("access_record")


def add_access_log(app: web.Application) -> None:
    """Log every request of an application, and give every response its id."""
    app.middlewares.insert(0, _log_request)
    app.on_response_prepare.append(_tell_id)


def current_record() -> AccessRecord:
    """The record of the request being handled, to be filled in.

    Where there is no access log, it is one that nobody reads.
    """
    return _RECORD.get(None) or AccessRecord(request_id="")


@web.middleware
async def _log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    record = AccessRecord(request_id=_request_id(request))
    _RECORD.set(record)  # each request is handled in a context of its own
    clock = asyncio.get_running_loop().time
    began, status = clock(), web.HTTPInternalServerError.status_code
    # The events of the search that the request starts carry its id as well.
    with structlog.contextvars.bound_contextvars(request_id=record.request_id):
        try:
            response = await handler(request)
            status = response.status
        except asyncio.CancelledError:
            status = CLIENT_GONE
            raise
        finally:
            log = structlog.get_logger("tts_async")
            frequent = request.path in _POLLED or request.path.endswith(_PARTS_OF_PAGES)
            quiet = frequent and status < web.HTTPBadRequest.status_code
            (log.debug if quiet else log.info)(
                "request",
                **record.fields(),
                method=request.method,
                path=request.rel_url.raw_path[:200],  # encoded, so no line breaks
                status=status,
                seconds=round(clock() - began, 4),
            )
    return response


async def _tell_id(_: web.Request, response: web.StreamResponse) -> None:
    response.headers[REQUEST_ID] = current_record().request_id


def _request_id(request: web.Request) -> str:
    """The client's own id where it is harmless, otherwise a fresh one."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _USABLE_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
