"""Whole answers from any OpenAI-compatible server, through the ``openai`` client.

Such a server takes a conversation and returns answers, which is all that greedy, majority and
Best-of-N need. Tree search has to continue an answer from the middle, which OpenAI's API cannot
say; some servers can (``continue_final_message``), and then a path is continued by its text.

The client is the user's where they pass one, so whatever reaches their server (Azure, a gateway, a
recorder in a test) keeps working.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from tts_async.concurrency import gather
from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation import openai_wire as wire
from tts_async.generation.openai_check import find_features
from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import QUICK, choose_model, parse_models, unreachable
from tts_async.http.openai_client import make_openai_client
from tts_async.http.openai_transport import OpenAITransport
from tts_async.http.retry import ONCE, RetryPolicy
from tts_async.seeds import derive_seed
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import GenerationRequest, Step

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OPENAI_URL = "https://api.openai.com/v1"

CANNOT_CONTINUE = (
    "this server cannot continue an answer, which step-wise search needs: use greedy, majority or"
    " best_of_n, or a vLLM server (VLLMGenerator); if the server does understand"
    " continue_final_message, pass continue_final_message=True"
)


class OpenAIGenerator:
    """A ``Generator`` on one OpenAI-compatible server.

    Either ``base_url`` (else ``OPENAI_BASE_URL``, else OpenAI itself) with ``api_key``,
    ``headers``, ``ssl`` and ``timeout`` in seconds, or a ready ``client``, which brings all of
    these and stays the caller's to close. ``model`` may be left out where the server has only one.
    ``capacity``: how many answers to have in flight. ``continue_final_message``: the server can go
    on with an unfinished assistant message, as vLLM and SGLang can. ``token_limit``: the field
    that bounds an answer; OpenAI's reasoning models want ``"max_completion_tokens"``.

    Opening it (``async with``) raises ``GeneratorUnavailable`` within seconds when nothing
    answers.
    """

    def __init__(
        self,
        base_url: str | None = None,
        model: str | None = None,
        *,
        client: "AsyncOpenAI | None" = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        ssl: SSLContext | bool | None = None,
        capacity: int = 64,
        timeout: float = 600.0,
        retry: RetryPolicy | None = None,
        continue_final_message: bool = False,
        token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",  # noqa: S107
    ) -> None:
        if client is not None and (base_url, api_key, headers, ssl) != (None,) * 4:
            raise ConfigurationError("client: it brings its own base_url, api_key, headers and ssl")
        if client is not None:
            base_url, api_key = str(client.base_url), client.api_key
        self.capacity = capacity
        self.model = model
        self._address = ServerAddress.parse(base_url, default=OPENAI_URL)
        self._credentials = Credentials(api_key, headers, userinfo=self._address.userinfo)
        self._given = client
        self._ssl = ssl
        self._timeout = timeout
        self._retry = retry or RetryPolicy()
        self._continues = continue_final_message
        self._token_limit = token_limit
        self._takes_n = True
        self._owned: AsyncOpenAI | None = None
        self._transport: OpenAITransport | None = None

    async def __aenter__(self) -> Self:
        client = self._given
        if client is None:
            # In a thread: the import and the certificates take a good part of a second.
            client = self._owned = await asyncio.to_thread(self._make_client)
        self._transport = OpenAITransport(client, self._credentials, self._retry)
        try:
            await self._discover(self._transport)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Exactly ``request.n`` answers, in the order of their index.

        A server that ignores or refuses ``n`` is asked for the missing answers one by one, each
        with a seed of its own. Raises ``ConfigurationError`` for a step-wise request that the
        server cannot serve, ``GenerationError`` for the rest.
        """
        if not self._continues and (request.steps or request.stop is not None):
            raise ConfigurationError(CANNOT_CONTINUE)
        body = wire.build_chat(request, self.model or "", self._token_limit)
        if request.sampling.temperature == 0:
            # Greedy answers are all the same, and some servers refuse to give several.
            return await self._ask(body, request, n=1) * request.n
        steps = await self._ask_together(body, request)
        missing = range(len(steps), request.n)
        singles = await gather(*(self._ask(body, request, n=1, index=i) for i in missing))
        return steps + [step for answer in singles for step in answer]

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return str(self._address)

    async def probe(self, *, deep: bool = False) -> None:  # noqa: ARG002
        """Return when the server answers, raise when it does not.

        ``deep`` changes nothing here: a token may cost money. A server that lists no models is
        well when it says so.
        """
        if self._transport is None:
            raise GeneratorUnavailable(f"{self._address}: not open")
        with suppress(GeneratorRejected, MalformedResponse):
            await self._transport.get("/models", parse_models, ONCE)

    async def check(self) -> list[ServiceReport]:
        """What the server is and what it can do; raises ``GenerationError``.

        It is asked for an answer of a few tokens.
        """
        await self.probe()  # so that one that is gone is not asked with the patience of a search
        return [
            ServiceReport(
                role="generator",
                kind="OpenAI-compatible server",
                where=self.base_url,
                model=self.model,
                capacity=self.capacity,
                features=await find_features(self.generate, continues=self._continues),
            )
        ]

    async def _ask_together(self, body: dict[str, Any], request: GenerationRequest) -> list[Step]:
        """As many of the answers as the server gives in one request."""
        if request.n == 1 or not self._takes_n:
            return await self._ask(body, request, n=1)
        try:
            steps = await self._ask(body, request, n=request.n)
        except GeneratorRejected:
            # Was it n? Then a single answer works, and n is not tried again.
            steps = await self._ask(body, request, n=1)
        self._takes_n = len(steps) == request.n
        return steps

    async def _ask(
        self, body: dict[str, Any], request: GenerationRequest, *, n: int, index: int = 0
    ) -> list[Step]:
        if self._transport is None:
            raise GeneratorUnavailable(f"{self._address}: not open; use it with 'async with'")
        seed = request.seed if index == 0 else derive_seed(request.seed, index)
        sent = {**body, "seed": seed, "n": n} if n > 1 else {**body, "seed": seed}
        parse = partial(wire.parse_chat, n=n, stop=request.stop)
        return await self._transport.post("/chat/completions", sent, parse)

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
        self.model = self.model or choose_model(served, None, str(self._address)).id

    def _make_client(self) -> "AsyncOpenAI":
        return make_openai_client(
            self._address, self._credentials, timeout=self._timeout, ssl=self._ssl
        )

    async def _close(self) -> None:
        self._transport = None
        owned, self._owned = self._owned, None
        if owned is not None:
            await owned.close()

    def __repr__(self) -> str:
        state = "closed" if self._transport is None else f"{self._transport.retries} retries"
        return f"<OpenAIGenerator {self._address} model={self.model!r}, {state}>"
