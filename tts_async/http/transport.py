"""One session to one server: bytes out, a parsed answer or one of our errors back.

Plain aiohttp, because a request through it costs a tenth of one through the ``openai`` client, and
a search sends thousands. The proxy is looked up once: aiohttp's own ``trust_env`` goes through the
environment and ``~/.netrc`` again for every request, in two hops to a thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec

from tts_async.errors import ConfigurationError, GeneratorUnavailable, MalformedResponse
from tts_async.http import failures
from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.failures import Transient
from tts_async.http.retry import Outage, RetryPolicy

T = TypeVar("T")

# uvicorn, under vLLM, drops a connection after 5 idle seconds; dropping it earlier on our side
# means that no request is ever sent into a connection that the server is about to close.
KEEPALIVE_SECONDS = 4.0
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TransportStatistics:
    """Counts since the session was made; ``overloads`` are 429 and 503."""

    requests: int
    retries: int
    overloads: int
    in_flight: int


class Transport:
    """A session for ``capacity`` requests at a time, each ``timeout`` seconds at most.

    ``ssl``: a context, or ``False`` to trust any certificate. Open before use, close after.
    """

    def __init__(
        self,
        address: ServerAddress,
        credentials: Credentials,
        *,
        capacity: int = 16,
        timeout: float = 600.0,
        retry: RetryPolicy | None = None,
        ssl: SSLContext | bool | None = None,
    ) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity: must be at least 1, got {capacity}")
        if timeout <= 0:
            raise ConfigurationError(f"timeout: must be positive seconds, got {timeout}")
        self.address = address
        self._credentials = credentials
        self._capacity = capacity
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._ssl = True if ssl is None else ssl
        self._session: aiohttp.ClientSession | None = None
        self._proxy: str | None = None
        self._outage = Outage(str(address))
        self._requests = self._retries = self._overloads = self._in_flight = 0

    async def open(self) -> None:
        """Make the session, unless there is one; needs a running loop."""
        if self._session is not None:
            return
        self._proxy = _environment_proxy(self.address.root)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self._capacity, keepalive_timeout=KEEPALIVE_SECONDS, ssl=self._ssl
            ),
            headers={**self._credentials.headers(), "Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(
                total=self._timeout, sock_connect=min(CONNECT_SECONDS, self._timeout)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def aclose(self) -> None:
        """Close every connection; requests in flight fail. Safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(
        self,
        url: str,
        body: bytes,
        parse: Callable[[Any], T],
        retry: RetryPolicy | None = None,
        *,
        decode: Callable[[bytes], Any] = msgspec.json.decode,
    ) -> T:
        """Send JSON, return what ``parse`` makes of the JSON that comes back.

        ``parse`` raises ``MalformedResponse`` for an answer that is none, which is retried like
        any other passing failure. ``decode`` may be that of a ``msgspec`` decoder, which builds
        only what its type mentions. Raises ``GenerationError``.
        """
        attempt = partial(self._attempt, "POST", url, body, parse, decode)
        return await (retry or self._retry).run(attempt, self._count_retry, self._outage)

    async def get(self, url: str, parse: Callable[[Any], T], retry: RetryPolicy | None = None) -> T:
        """Like ``post``, without a body."""
        attempt = partial(self._attempt, "GET", url, None, parse, msgspec.json.decode)
        return await (retry or self._retry).run(attempt, self._count_retry, self._outage)

    async def read(self, url: str, retry: RetryPolicy | None = None) -> str:
        """What a page says, whatever it is."""

        async def attempt() -> str:
            return (await self._content("GET", url, None)).decode(errors="replace")

        return await (retry or self._retry).run(attempt, self._count_retry, self._outage)

    def beside(self, timeout: float) -> "Transport":
        """Another way to the same server, not opened yet, for one request at a time.

        It works when every connection of this one is taken. ``timeout`` in seconds.
        """
        return Transport(
            self.address, self._credentials, capacity=1, timeout=timeout, ssl=self._ssl
        )

    def statistics(self) -> TransportStatistics:
        """What happened so far, and what is happening now."""
        return TransportStatistics(self._requests, self._retries, self._overloads, self._in_flight)

    async def _attempt(
        self,
        method: str,
        url: str,
        body: bytes | None,
        parse: Callable[[Any], T],
        decode: Callable[[bytes], Any],
    ) -> T:
        content = await self._content(method, url, body)
        try:
            return parse(decode(content))
        except (MalformedResponse, msgspec.ValidationError) as error:
            raise Transient(MalformedResponse(f"{url}: {error}")) from error
        except (ValueError, RecursionError) as error:
            raise Transient(MalformedResponse(f"{url}: not JSON: {error}")) from error

    async def _content(self, method: str, url: str, body: bytes | None) -> bytes:
        status, headers, content = await self._exchange(method, url, body)
        if status != 200:  # noqa: PLR2004 - the number everyone knows
            message = self._credentials.redact(failures.server_message(content))
            raise failures.of_status(url, status, message, headers.get("Retry-After"))
        return content

    async def _exchange(
        self, method: str, url: str, body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            raise GeneratorUnavailable(f"{url}: not open; use it with 'async with'")
        self._requests += 1
        self._in_flight += 1
        try:
            async with self._session.request(
                method, url, data=body, proxy=self._proxy, allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            failure = failures.of_transport(url, error)
            # This one exception carries the request's headers, secrets included.
            shown = None if isinstance(error, aiohttp.ClientResponseError) else error
            raise failure from shown
        finally:
            self._in_flight -= 1

    def _count_retry(self, failure: Transient) -> None:
        self._retries += 1
        self._overloads += failure.overload

    def __repr__(self) -> str:
        state = "open" if self._session is not None else "closed"
        return f"<Transport {self.address} {state}, {self._in_flight} in flight>"


def _environment_proxy(url: str) -> str | None:
    parts = urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
