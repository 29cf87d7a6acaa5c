"""Whole answers from any OpenAI-compatible server, through the ``openai`` client.

Such a server takes a conversation and returns answers, which is all that greedy, majority and
Best-of-N need. Tree search has to continue an answer from the middle, which OpenAI's API cannot
say; some servers can (``continue_final_message``), and then a path is continued by its text.

The client is the user's where they pass one, so whatever reaches their server (Azure, a gateway, a
recorder in a test) keeps working.
"""

from collections.abc import Mapping
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError, GeneratorRejected, PromptTooLong
from tts_async.generation import openai_wire as wire
from tts_async.generation.openai_check import find_features
from tts_async.http.openai_server import OpenAIServer
from tts_async.http.retry import RetryPolicy
from tts_async.seeds import derive_seed
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.scheduling import ServerLoad

if TYPE_CHECKING:
    from openai import AsyncOpenAI

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
        self.capacity = capacity
        self._server = OpenAIServer(
            base_url,
            model,
            client=client,
            api_key=api_key,
            headers=headers,
            ssl=ssl,
            timeout=timeout,
            retry=retry,
            capacity=capacity,
        )
        self._continues = continue_final_message
        self._token_limit = token_limit
        self._takes_n = True

    async def __aenter__(self) -> Self:
        await self._server.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._server.aclose()

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
        return str(self._server.address)

    @property
    def model(self) -> str | None:
        """The name of the model, once it is known."""
        return self._server.model

    @property
    def identity(self) -> str | None:
        """What decides its answers besides the model; a journal keeps it."""
        return "continue_final_message" if self._continues else None

    async def load(self) -> ServerLoad:
        """How often the server refused; how busy it is, OpenAI's API has no way to tell."""
        return ServerLoad(None, None, self._server.overloads)

    async def probe(self, *, deep: bool = False) -> None:  # noqa: ARG002
        """Return when the server answers, raise when it does not.

        ``deep`` changes nothing here: a token may cost money. A server that lists no models is
        well when it says so.
        """
        await self._server.probe()

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
        seed = request.seed if index == 0 else derive_seed(request.seed, index)
        sent = {**body, "seed": seed, "n": n} if n > 1 else {**body, "seed": seed}
        parse = partial(wire.parse_chat, n=n, stop=request.stop, logprobs=request.logprobs)
        try:
            return await self._server.post("/chat/completions", sent, parse)
        except PromptTooLong:
            # With room for so long an answer. Without the limit, the context itself is the limit.
            del sent[self._token_limit]
            return await self._server.post("/chat/completions", sent, parse)

    def __repr__(self) -> str:
        return f"<OpenAIGenerator {self._server!r}>"
