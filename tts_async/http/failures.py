"""Every way a request can fail, as one of our errors, and whether it would help to ask again.

``Transient`` wraps an error that another attempt may heal; ``RetryPolicy`` unwraps it, so no user
ever sees one. Everything else is raised as it is. What a user reads is the server's own message,
found in whichever of the usual places the server put it.
"""

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from tts_async.errors import (
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
    PromptTooLong,
)

TOO_MANY = 429
RETRIED = frozenset({408, 409, TOO_MANY})
OVERLOADED = frozenset({TOO_MANY, 503})
SERVER_ERROR = 500
LONGEST_MESSAGE = 500

HINTS = {
    401: "check api_key (or OPENAI_API_KEY)",
    403: "check api_key (or OPENAI_API_KEY)",
    404: "check base_url and model",
}

# vLLM, OpenAI, SGLang and llama.cpp word it differently, and none has a code the others share.
TOO_LONG = re.compile(
    r"context[ _](length|window|size)|maximum model length|max_model_len|prompt is too long",
    re.IGNORECASE,
)


class Transient(Exception):
    """Carries an error that another attempt may heal, and how long the server wants to rest.

    ``alive``: it is there and only asks for patience, as 429 does and 503 with a Retry-After; a
    bare 503 is also what a gateway says in the place of a dead server.
    """

    def __init__(
        self,
        error: GenerationError,
        *,
        retry_after: float | None = None,
        overload: bool = False,
        alive: bool = False,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        self.overload = overload
        self.alive = alive


def of_status(
    where: str, status: int, message: str, retry_after: str | None = None
) -> GenerationError | Transient:
    """The failure behind an HTTP status other than 200."""
    text = f"{where}: HTTP {status}" + (f": {message}" if message else "")
    if status in RETRIED or status >= SERVER_ERROR:
        seconds = seconds_until(retry_after)
        return Transient(
            GeneratorUnavailable(text),
            retry_after=seconds,
            overload=status in OVERLOADED,
            alive=status == TOO_MANY or (status in OVERLOADED and seconds is not None),
        )
    if status in {400, 413, 422} and TOO_LONG.search(message):
        return PromptTooLong(message)  # whoever asked can mend it, wherever the server is
    hint = HINTS.get(status)
    return GeneratorRejected(f"{text}; {hint}" if hint else text)


def of_transport(where: str, error: BaseException) -> GenerationError | Transient:
    """The failure behind an exception of aiohttp or of the operating system."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return GeneratorUnavailable(
                f"{where}: its TLS certificate is not trusted ({error.certificate_error});"
                " pass ssl=, an ssl.SSLContext that knows its authority"
            )
        case TimeoutError():
            return Transient(GeneratorUnavailable(f"{where}: no answer in time"))
        case aiohttp.ClientConnectorError():
            return Transient(GeneratorUnavailable(f"{where}: cannot connect ({error.os_error})"))
        case aiohttp.ClientPayloadError():
            return Transient(MalformedResponse(f"{where}: the answer was cut off"))
        case aiohttp.ClientResponseError():
            # Its further lines quote what the server sent, however much that was.
            reason = _clip(error.message.partition("\n")[0])
            return Transient(MalformedResponse(f"{where}: not HTTP: {reason}"))
        case _:
            words = str(error) or type(error).__name__
            return Transient(GeneratorUnavailable(f"{where}: the connection broke ({words})"))


def server_message(content: bytes) -> str:
    """What the server says went wrong, from JSON of any of the usual shapes or as plain text."""
    text = content.decode(errors="replace").strip()
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    # {"error": {"message": …}}, {"error": …}, {"message": …} and FastAPI's {"detail": …}
    for key in ("error", "message", "detail"):
        if isinstance(said, dict) and said.get(key):
            said = said[key]
    return _clip(said if isinstance(said, str) else text)


def seconds_until(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds from now; both of its forms, ``None`` for nonsense."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            return None
    return max(seconds, 0.0) if seconds < float("inf") else None


def _clip(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
