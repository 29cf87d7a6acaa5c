"""Steps from a vLLM server, by token ids.

A problem's prompt ids come from ``/tokenize`` once, so the server's own chat template is the only
one in play. From there on every expansion is one ``/v1/completions`` request with ``n`` choices
that share a prefill, and a child is continued by appending the ids that were sampled for it.
Cancelling ``generate`` closes the connection, and vLLM aborts what it had begun.

Rejected: ``/v1/chat/completions`` with ``continue_final_message``, which re-tokenises the whole
answer at every step, and whose templates trim or refuse the white space that ends a step.
Rejected: streaming, which costs one event per token to learn what one answer says at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from ssl import SSLContext
from types import TracebackType
from typing import Self

from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    PromptTooLong,
)
from tts_async.generation import vllm_check as check
from tts_async.generation import vllm_wire as wire
from tts_async.generation.vllm_stops import ends_at_token, needs_earlier_token
from tts_async.http import vllm_tokenize as tokens
from tts_async.http.address import ServerAddress
from tts_async.http.async_cache import AsyncCache
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import (
    QUICK,
    ServedModel,
    choose_model,
    list_models,
)
from tts_async.http.retry import RetryPolicy
from tts_async.http.transport import Transport, TransportStatistics
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.problem import Message, Role
from tts_async.types.scheduling import ServerLoad

CACHED_PROMPTS = 1024
CACHED_TOKENS = 65536
PROBE_SECONDS = 10.0

_Conversation = tuple[tuple[Role, str], ...]


class VLLMGenerator:
    """A ``Generator`` on one vLLM server.

    ``base_url`` with or without ``/v1`` (``OPENAI_BASE_URL`` where it is ``None``), ``model``
    where the server has several, ``api_key`` (``OPENAI_API_KEY``), ``headers`` and ``ssl`` for
    servers that ask for them; ``http_proxy`` and friends are honoured. ``capacity``: how many
    sequences to have in flight at most, best about twice the server's ``--max-num-seqs``.
    ``timeout`` in seconds for one request, ``retry`` for everything that may heal. ``priority``:
    whether to tell the server how urgent a request is; by default it is asked, when the first
    request that is not like all others comes along, whether it wants to know. ``cache_salt`` keeps
    its prefix cache apart from other clients'; each ``Problem.tenant`` has one of its own anyway.

    Opening it (``async with``) asks for the model and its context length. Raises
    ``ConfigurationError``, and ``GeneratorUnavailable`` within seconds when nothing answers.
    """

    def __init__(
        self,
        base_url: str | None = None,
        model: str | None = None,
        *,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        ssl: SSLContext | bool | None = None,
        capacity: int = 512,
        timeout: float = 600.0,
        retry: RetryPolicy | None = None,
        priority: bool | None = None,
        cache_salt: str | None = None,
    ) -> None:
        address = ServerAddress.parse(base_url)
        self.capacity = capacity
        self._transport = Transport(
            address,
            Credentials(api_key, headers, userinfo=address.userinfo),
            capacity=capacity,
            timeout=timeout,
            retry=retry,
            ssl=ssl,
        )
        self._root = address.root
        self._wanted_model = model
        self._served: ServedModel | None = None
        self._options = wire.CompletionOptions(
            model=model or "", priority=bool(priority), cache_salt=cache_salt
        )
        self._asks_for_priority = priority is None
        self._takes_priority = AsyncCache[str, bool](1)
        self._prompts = AsyncCache[_Conversation, tuple[int, ...]](CACHED_PROMPTS)
        self._token_texts = AsyncCache[int, str](CACHED_TOKENS)

    async def __aenter__(self) -> Self:
        await self._transport.open()
        try:
            served = await list_models(self._transport)
            self._served = choose_model(served, self._wanted_model, str(self._transport.address))
            self._options = replace(self._options, model=self._served.id)
            await self._check_tokenizer()
        except BaseException:
            await self._transport.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return str(self._transport.address)

    @property
    def model(self) -> str | None:
        """The name of the model, once it is known."""
        return self._served.id if self._served else self._wanted_model

    @property
    def context_length(self) -> int | None:
        """What prompt and answer may have together, in tokens, where the server tells it."""
        return self._served.context_length if self._served else None

    def statistics(self) -> TransportStatistics:
        """Requests, retries, overloads and what is in flight."""
        return self._transport.statistics()

    async def load(self) -> ServerLoad:
        """How busy the server is, all its clients together."""
        return await check.read_load(self._transport)

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Exactly ``request.n`` continuations of the path, in the order of their index.

        Raises ``PromptTooLong`` before anything is sent that cannot fit, ``GeneratorRejected``
        for what the server refuses, ``GeneratorUnavailable`` or ``MalformedResponse`` when the
        retry budget is spent.
        """
        prompt = (*await self._prompt_ids(request), *await self._path_ids(request))
        options = self._options
        if request.priority and self._asks_for_priority:
            takes = await self._takes_priority.get(options.model, self._ask_for_priority)
            options = replace(options, priority=takes)
        body = wire.encode_completion(request, prompt, self._room(prompt, request), options)
        parse = partial(wire.parse_completion, request=request)
        steps = await self._transport.post(
            f"{self._root}/v1/completions", body, parse, decode=wire.decode_completion
        )
        if request.stop is None:
            return steps
        return [await self._with_exact_ids(step, request.stop) for step in steps]

    def prompt_tokens(self, messages: Sequence[Message]) -> int | None:
        """The length of a conversation that was asked about not long ago, ``None`` for another."""
        ids = self._prompts.peek(_as_key(messages))
        return None if ids is None else len(ids)

    async def probe(self, *, deep: bool = False) -> None:
        """Return when the server answers and serves what it did, raise when it does not.

        ``deep`` asks for a token as well. Raises ``GenerationError`` or ``ConfigurationError``.
        """
        if self._served is None:
            raise GeneratorUnavailable(f"{self._transport.address}: not open")
        # Beside the session: a server that hangs may hold every connection of that.
        transport = self._transport.beside(PROBE_SECONDS)
        await transport.open()
        try:
            await check.check_health(transport, self._served, deep=deep)
        finally:
            await transport.aclose()

    async def check(self) -> list[ServiceReport]:
        """What the server is and what it can do; raises ``GenerationError``."""
        return [
            ServiceReport(
                role="generator",
                kind="vLLM server",
                where=self.base_url,
                version=await check.read_version(self._transport),
                model=self.model,
                context_length=self.context_length,
                capacity=self.capacity,
                features=await check.find_features(self._transport, self._options.model),
            )
        ]

    async def _ask_for_priority(self, model: str) -> bool:
        return await check.accepts_priority(self._transport, model)

    async def _check_tokenizer(self) -> None:
        try:
            await self._tokenize_text("1", QUICK)
        except GeneratorRejected as error:
            raise ConfigurationError(
                f"base_url: {self._transport.address} hands out no token ids ({error}), so it is"
                " no vLLM server, or a gateway hides it; use OpenAIGenerator"
            ) from error

    async def _prompt_ids(self, request: GenerationRequest) -> tuple[int, ...]:
        messages = request.problem.messages(request.system_prompt)
        return await self._prompts.get(_as_key(messages), self._tokenize_conversation)

    async def _path_ids(self, request: GenerationRequest) -> tuple[int, ...]:
        if request.token_ids or not request.steps:
            return request.token_ids
        # A path that another generator began: its text is all there is.
        return await self._tokenize_text("".join(request.steps))

    def _room(self, prompt: tuple[int, ...], request: GenerationRequest) -> int:
        wanted, limit = request.sampling.max_tokens, self.context_length
        if limit is None:
            return wanted
        if len(prompt) >= limit:
            raise PromptTooLong(
                f"the prompt and the answer so far have {len(prompt)} tokens,"
                f" the context of {self.model!r} has {limit}"
            )
        return min(wanted, limit - len(prompt))

    async def _with_exact_ids(self, step: Step, stop: str) -> Step:
        if step.finish != "step":
            return step
        tail = ""
        for token in reversed(step.token_ids):
            text = self._token_texts.peek(token)
            if text is None:
                text = await self._token_texts.get(token, self._token_text)
            tail = text + tail
            if not needs_earlier_token(tail, stop):
                break
        if ends_at_token(tail, stop):
            return step
        return replace(step, token_ids=await self._tokenize_text(step.text))

    async def _tokenize_conversation(self, conversation: _Conversation) -> tuple[int, ...]:
        messages = [Message(role=role, content=content) for role, content in conversation]
        body = tokens.encode_chat(self._options.model, messages)
        return await self._transport.post(f"{self._root}/tokenize", body, tokens.parse_tokens)

    async def _tokenize_text(self, text: str, retry: RetryPolicy | None = None) -> tuple[int, ...]:
        body = tokens.encode_text(self._options.model, text)
        return await self._transport.post(
            f"{self._root}/tokenize", body, tokens.parse_tokens, retry
        )

    async def _token_text(self, token: int) -> str:
        body = tokens.encode_ids(self._options.model, [token])
        return await self._transport.post(f"{self._root}/detokenize", body, tokens.parse_text)

    def __repr__(self) -> str:
        counts = self.statistics()
        return (
            f"<VLLMGenerator {self._transport.address} model={self.model!r}"
            f" context={self.context_length}, {counts.in_flight} in flight,"
            f" {counts.retries} retries>"
        )


def _as_key(messages: Sequence[Message]) -> _Conversation:
    return tuple((message["role"], message["content"]) for message in messages)
