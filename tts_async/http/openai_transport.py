"""The ``openai`` client as a transport: plain data in and out, one retry policy, our errors.

Its own retries are switched off for the calls made here, so that one policy decides; and its
``post`` and ``get`` are used with plain data, at a quarter of the cost of building its types.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp

from tts_async.errors import GenerationError, MalformedResponse
from tts_async.http import failures
from tts_async.http.credentials import Credentials
from tts_async.http.failures import Transient
from tts_async.http.retry import Outage, RetryPolicy

if TYPE_CHECKING:
    from openai import APIConnectionError, APIStatusError, AsyncOpenAI

T = TypeVar("T")


class OpenAITransport:
    """Calls through ``client``; ``credentials`` are what must not show in messages."""

    def __init__(self, client: "AsyncOpenAI", credentials: Credentials, retry: RetryPolicy) -> None:
        self._client = client
        self._redact = credentials.redact
        self._retry = retry
        self._url = str(client.base_url).rstrip("/").rpartition("@")[2]
        self._outage = Outage(self._url)
        self.retries = 0
        self.overloads = 0

    async def post(self, path: str, body: dict[str, Any], parse: Callable[[Any], T]) -> T:
        """Send JSON, return what ``parse`` makes of the answer; raises ``GenerationError``."""

        async def attempt() -> T:
            call = self._client.post(path, cast_to=object, body=body, options={"max_retries": 0})
            return await self._attempt(call, path, parse)

        return await self._retry.run(attempt, self._count_retry, self._outage)

    async def get(self, path: str, parse: Callable[[Any], T], retry: RetryPolicy) -> T:
        """Like ``post``, without a body."""

        async def attempt() -> T:
            call = self._client.get(path, cast_to=object, options={"max_retries": 0})
            return await self._attempt(call, path, parse)

        return await retry.run(attempt, self._count_retry, self._outage)

    async def _attempt(self, call: Awaitable[Any], path: str, parse: Callable[[Any], T]) -> T:
        where = f"{self._url}{path}"
        try:
            return parse(await self._mapped(call, where))
        except MalformedResponse as error:
            raise Transient(MalformedResponse(f"{where}: {error}")) from error

    async def _mapped(self, call: Awaitable[Any], where: str) -> Any:
        import openai

        try:
            return await call
        except openai.APIStatusError as error:
            raise self._of_status(error, where) from None  # it quotes the server, unredacted
        except openai.APIConnectionError as error:  # a timeout is one, too
            raise failures.of_transport(where, _origin(error)) from error
        except aiohttp.ClientError as error:  # an answer that is not HTTP, which it does not map
            raise failures.of_transport(where, error) from None  # it quotes the request's headers
        except (ValueError, RecursionError) as error:  # the body claims to be JSON, and is not
            raise Transient(MalformedResponse(f"{where}: not JSON: {error}")) from error

    def _of_status(self, error: "APIStatusError", where: str) -> GenerationError | Transient:
        message = self._redact(failures.server_message(error.response.content))
        retry_after = error.response.headers.get("retry-after")
        return failures.of_status(where, error.status_code, message, retry_after)

    def _count_retry(self, failure: Transient) -> None:
        self.retries += 1
        self.overloads += failure.overload


def _origin(error: "APIConnectionError") -> BaseException:
    """What really happened: the client wraps it twice, and calls a bad certificate a timeout."""
    import openai

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, aiohttp.ClientError | OSError):
            return cause
        cause = cause.__cause__ or cause.__context__
    # A client over another transport than aiohttp: its own words are all there is.
    if isinstance(error, openai.APITimeoutError):
        return TimeoutError()
    return error.__cause__ or error
