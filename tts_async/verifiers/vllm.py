"""A process reward model served by vLLM, on this machine or another.

There are two ways to its scores, and the server and the model decide which is open: a classifier
runs under ``vllm serve --runner pooling`` and answers at ``/pooling``; a language model that says
"+" or "-" runs like any other and is asked for its next token.
"""

from collections.abc import Mapping, Sequence
from ssl import SSLContext
from types import TracebackType
from typing import Protocol, Self

from tts_async.aggregate import check_aggregation
from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError, GeneratorRejected, VerifierUnavailable
from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import QUICK, ServedModel, choose_model, list_models
from tts_async.http.retry import RetryPolicy
from tts_async.http.transport import Transport, TransportStatistics
from tts_async.http.vllm_tokenize import encode, encode_text, parse_tokens
from tts_async.inference.families import Family, find_family, recognise
from tts_async.inference.wire import as_conversation
from tts_async.types.checkup import Feature, ServiceReport
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores
from tts_async.verifiers.prm_server import Path, PRMServer
from tts_async.verifiers.server_errors import as_verification_errors
from tts_async.verifiers.vllm_labels import LabelScores
from tts_async.verifiers.vllm_pooling import PoolingScores

POOLED = "qwen-math-prm"  # the one family that vLLM itself pools by steps


class ScoreReader(Protocol):
    """A way to the scores."""

    kind: str

    async def read(self, path: Path) -> Sequence[float]:
        """One score per step."""
        ...

    async def probe(self) -> None:
        """Raise ``TTSError`` unless a path of one step gets a score."""
        ...


class VLLMVerifier:
    """Scores with a process reward model on a vLLM server.

    ``base_url`` with or without ``/v1``, ``model`` where the server has several, ``api_key``
    (``OPENAI_API_KEY``), ``headers`` and ``ssl`` for servers that ask for them. ``family`` is how
    the model is to be asked, by name or as a ``Family``; known models are recognised.
    ``aggregation`` is the family's unless given. ``system_prompt`` is said to the reward model
    instead of the family's own, and has nothing to do with the generator's.

    ``capacity``: how many paths to have in flight, best near the server's ``--max-num-seqs``.
    ``timeout`` in seconds for one request, ``retry`` for everything that may heal.

    Opening it (``async with``) finds out what the server is and has a step scored. Raises
    ``ConfigurationError`` when it cannot score steps, and ``VerifierUnavailable`` within seconds
    when nothing answers.
    """

    def __init__(
        self,
        base_url: str | None = None,
        model: str | None = None,
        *,
        family: str | Family | None = None,
        aggregation: Aggregation | None = None,
        system_prompt: str | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        ssl: SSLContext | bool | None = None,
        capacity: int = 256,
        timeout: float = 600.0,
        retry: RetryPolicy | None = None,
    ) -> None:
        address = ServerAddress.parse(base_url)
        self.capacity = capacity
        self.system_prompt = system_prompt
        self._wanted_model = model
        self._wanted_family = None if family is None else find_family(family)
        self._wanted_aggregation = None if aggregation is None else check_aggregation(aggregation)
        self._transport = Transport(
            address,
            Credentials(api_key, headers, userinfo=address.userinfo),
            capacity=capacity,
            timeout=timeout,
            retry=retry,
            ssl=ssl,
        )
        self._server: PRMServer | None = None
        self._reader: ScoreReader | None = None

    async def __aenter__(self) -> Self:
        with as_verification_errors():
            await self._transport.open()
            try:
                await self._discover()
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
        return self._server.served.id if self._server else self._wanted_model

    @property
    def context_length(self) -> int | None:
        """What a problem and its steps may have together, in tokens, where the server tells it."""
        return self._server.served.context_length if self._server else None

    @property
    def family(self) -> Family | None:
        """How the model is asked, once that is known."""
        return self._server.family if self._server else self._wanted_family

    @property
    def aggregation(self) -> Aggregation:
        """How its step scores become one number; ``last`` until the family is known."""
        declared = self.family.aggregation if self.family else "last"
        return self._wanted_aggregation or declared

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What decides its scores besides the weights; a journal keeps it."""
        return (self.family.name if self.family else None, self.system_prompt)

    def statistics(self) -> TransportStatistics:
        """Requests, retries, overloads and what is in flight."""
        return self._transport.statistics()

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One list of step scores per request; cancelling the call aborts it on the server."""
        reader = self._reader
        if reader is None:
            raise VerifierUnavailable(f"{self.base_url}: not open; use it with 'async with'")

        async def score_one(request: ScoreRequest) -> StepScores:
            if not request.steps:
                return ()
            messages = request.problem.messages(self.system_prompt)
            return await reader.read((as_conversation(messages), request.steps))

        with as_verification_errors():
            return await gather(*(score_one(request) for request in requests))

    async def probe(self) -> None:
        """Return when the server answers, raise ``VerificationError`` when it does not."""
        with as_verification_errors():
            await list_models(self._transport)

    async def check(self) -> list[ServiceReport]:
        """What the server is and what it scores with; it is asked for one score."""
        server, reader = self._server, self._reader
        if server is None or reader is None:
            raise VerifierUnavailable(f"{self.base_url}: not open; use it with 'async with'")
        await self.probe()  # so that one that is gone is not asked with patience
        with as_verification_errors(), server.in_a_hurry():
            await reader.probe()
        detail = f"{reader.kind}, family {server.family.name}, aggregation {self.aggregation}"
        return [
            ServiceReport(
                role="verifier",
                kind="vLLM server",
                where=self.base_url,
                model=self.model,
                context_length=self.context_length,
                capacity=self.capacity,
                features=(Feature(name="step scores", works=True, detail=detail),),
            )
        ]

    async def _discover(self) -> None:
        served = choose_model(await list_models(self._transport), self._wanted_model, self.base_url)
        await self._check_tokenizer(served)
        pooling = await self._has_pooling(served)
        family = self._wanted_family or recognise(f"{served.id} {served.root or ''}")
        if family is None and pooling:
            family = find_family(POOLED)
        if family is None or pooling == bool(family.head.labels):
            raise ConfigurationError(_what_is_missing(self.base_url, served.id, family, pooling))
        server = PRMServer(self._transport, served, family)
        reader: ScoreReader = PoolingScores(server) if pooling else LabelScores(server)
        with server.in_a_hurry():
            await reader.probe()
        self._server, self._reader = server, reader

    async def _check_tokenizer(self, served: ServedModel) -> None:
        url = f"{self._transport.address.root}/tokenize"
        try:
            await self._transport.post(url, encode_text(served.id, "1"), parse_tokens, QUICK)
        except GeneratorRejected as error:
            raise ConfigurationError(
                f"base_url: {self.base_url} hands out no token ids ({error}), so it is no vLLM"
                " server, or a gateway hides it; for any other server there is JudgeVerifier"
            ) from error

    async def _has_pooling(self, served: ServedModel) -> bool:
        url = f"{self._transport.address.root}/pooling"
        body = encode({"model": served.id, "input": "1"})
        try:
            await self._transport.post(url, body, lambda reply: reply, QUICK)
        except GeneratorRejected:
            return False
        return True

    def __repr__(self) -> str:
        counts = self.statistics()
        kind = self._reader.kind if self._reader else "closed"
        return (
            f"<VLLMVerifier {self.base_url} model={self.model!r}, {kind},"
            f" {counts.in_flight} in flight, {counts.retries} retries>"
        )


def _what_is_missing(where: str, model: str, family: Family | None, pooling: bool) -> str:
    if family is None:
        return (
            f"verifier: {where} generates text with {model!r}, which is not known as a reward"
            " model; start a reward model with 'vllm serve MODEL --runner pooling', or say what"
            " this one is with VLLMVerifier(family=...), or have it judge with JudgeVerifier"
        )
    if pooling:
        return (
            f"verifier: {where} serves {model!r} for pooling, and scores of the family"
            f" {family.name} are read from the next token; start vLLM without --runner pooling"
        )
    return (
        f"verifier: {where} serves {model!r} for generation, and scores of the family"
        f" {family.name} come from its own head; start vLLM with --runner pooling"
    )
