"""One OpenAI-compatible server through the ``openai`` client: opened, asked what it serves, closed.

The client is the user's where they pass one, so whatever reaches their server (Azure, a gateway, a
recorder in a test) keeps working, and it stays theirs to close.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, TypeVar

from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import QUICK, choose_model, parse_models, unreachable
from tts_async.http.openai_client import make_openai_client
from tts_async.http.openai_transport import OpenAITransport
from tts_async.http.retry import ONCE, RetryPolicy

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")

OPENAI_URL = "https://api.openai.com/v1"


class OpenAIServer:
    """Either ``base_url`` with ``api_key``, ``headers`` and ``ssl``, or a ``client``.

    ``model`` may be ``None`` where the server has only one; it is known once the server is open.
    ``timeout`` in seconds for one request, ``capacity`` connections at most.
    """

    def __init__(
        self,
        base_url: str | None,
        model: str | None,
        *,
        client: "AsyncOpenAI | None",
        api_key: str | None,
        headers: Mapping[str, str] | None,
        ssl: SSLContext | bool | None,
        timeout: float,
        retry: RetryPolicy | None,
        capacity: int = 64,
    ) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity: must be at least 1, got {capacity}")
        if timeout <= 0:
            raise ConfigurationError(f"timeout: must be positive seconds, got {timeout}")
        if client is not None and (base_url, api_key, headers, ssl) != (None,) * 4:
            raise ConfigurationError("client: it brings its own base_url, api_key, headers and ssl")
        if client is not None:
            base_url, api_key = str(client.base_url), client.api_key
        self.model = model
        self.address = ServerAddress.parse(base_url, default=OPENAI_URL)
        self._credentials = Credentials(api_key, headers, userinfo=self.address.userinfo)
        self._given = client
        self._ssl = ssl
        self._timeout = timeout
        self._capacity = capacity
        self._retry = retry or RetryPolicy()
        self._owned: AsyncOpenAI | None = None
        self._transport: OpenAITransport | None = None

    @property
    def retries(self) -> int:
        """How many requests were sent again since it was opened."""
        return self._transport.retries if self._transport else 0

    @property
    def overloads(self) -> int:
        """How many of these because the server was too busy (429, 503)."""
        return self._transport.overloads if self._transport else 0

    async def open(self) -> None:
        """Make the client where none was given, and settle the model; safe to call twice.

        Raises ``ConfigurationError``, and ``GeneratorUnavailable`` within seconds when nothing
        answers.
        """
        if self._transport is not None:
            return
        client = self._given
        if client is None:
            # In a thread: the import and the certificates take a good part of a second.
            client = self._owned = await asyncio.to_thread(self._make_client)
        self._transport = OpenAITransport(client, self._credentials, self._retry)
        try:
            await self._discover(self._transport)
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close the client unless it was given; safe to call twice."""
        self._transport = None
        owned, self._owned = self._owned, None
        if owned is not None:
            await owned.close()

    async def post(self, path: str, body: dict[str, Any], parse: Callable[[Any], T]) -> T:
        """Send JSON, return what ``parse`` makes of the answer; raises ``GenerationError``."""
        return await self._opened().post(path, body, parse)

    async def get(self, path: str, parse: Callable[[Any], T], retry: RetryPolicy) -> T:
        """Like ``post``, without a body."""
        return await self._opened().get(path, parse, retry)

    async def probe(self) -> None:
        """Return when the server answers, raise at once when it does not.

        One that lists no models is well when it says so.
        """
        with suppress(GeneratorRejected, MalformedResponse):
            await self.get("/models", parse_models, ONCE)

    def _opened(self) -> OpenAITransport:
        if self._transport is None:
            raise GeneratorUnavailable(f"{self.address}: not open; use it with 'async with'")
        return self._transport

    async def _discover(self, transport: OpenAITransport) -> None:
        try:
            served = await transport.get("/models", parse_models, QUICK)
        except GeneratorUnavailable as error:
            raise unreachable(error) from error.__cause__
        except (GeneratorRejected, MalformedResponse) as error:
            # Many servers list no models, or not to everyone; it answers, that is enough.
            if self.model is None:
                raise ConfigurationError(
                    f"model: the server lists none, pass model= ({error})"
                ) from error
            return
        # A list may be incomplete: what is asked for by name is the server's to refuse.
        self.model = self.model or choose_model(served, None, str(self.address)).id

    def _make_client(self) -> "AsyncOpenAI":
        return make_openai_client(
            self.address,
            self._credentials,
            timeout=self._timeout,
            capacity=self._capacity,
            ssl=self._ssl,
        )

    def __repr__(self) -> str:
        state = "closed" if self._transport is None else f"{self.retries} retries"
        return f"{self.address} model={self.model!r}, {state}"
