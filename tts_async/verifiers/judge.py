"""A language model as the judge of another's steps, or of its own.

For tasks without a process reward model: any chat model reads the problem and the solution and
grades it by a rubric (Zheng et al. 2023, *Judging LLM-as-a-Judge*). Where the judge is the model
that wrote the solution, this is self-verification.

A path is sent as a whole, but only its new steps are graded: those that a search shares between
siblings keep the grade they got. What is no grade is put to the judge again, together with what is
wrong with it; a judge that still gives none is an error and never a low score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from tts_async.aggregate import check_aggregation
from tts_async.concurrency import gather
from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    VerificationError,
    VerifierUnavailable,
)
from tts_async.http.async_cache import AsyncCache
from tts_async.http.openai_server import OpenAIServer
from tts_async.http.retry import RetryPolicy
from tts_async.inference.wire import Conversation, as_conversation
from tts_async.seeds import derive_seed
from tts_async.types.checkup import Feature, ServiceReport
from tts_async.types.problem import Problem
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores
from tts_async.verifiers import judge_wire as wire
from tts_async.verifiers.server_errors import as_verification_errors

if TYPE_CHECKING:
    from openai import AsyncOpenAI

REMEMBERED_PATHS = 65_536

_Path = tuple[Conversation, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class JudgeStatistics:
    """What a judge was asked since it was made.

    ``answers`` came from the server, ``repeats`` of them because the one before was no grade;
    ``retries`` were failures on the way. Tokens as the server counts them.
    """

    answers: int
    repeats: int
    retries: int
    prompt_tokens: int
    completion_tokens: int


class JudgeVerifier:
    """Asks a chat model for grades, which become scores in [0, 1].

    The server: ``base_url`` (else ``OPENAI_BASE_URL``, else OpenAI itself) with ``api_key``,
    ``headers`` and ``ssl``, or a ready ``client``, which stays the caller's to close. ``model`` may
    be left out where the server has only one.

    ``rubric`` says what is good, in your words. ``stepwise``: grade every step, else the solution
    as a whole, whose score then stands for all of its steps. ``samples`` opinions are averaged.
    ``temperature`` 0 is the most likely opinion; ``None`` leaves it to the server, as OpenAI's
    reasoning models want it, and several samples need more than 0. ``max_tokens`` bounds an
    opinion, its reasoning included. ``attempts``: how often to ask before an answer without grades
    is an error. ``aggregation`` is ``min`` for grades of steps, else ``last``, unless given.

    ``capacity``: how many paths to have in flight. ``timeout`` in seconds for one request,
    ``retry`` for everything that may heal. ``token_limit``: the name of the field that bounds an
    answer. Raises ``VerificationError``, ``VerifierUnavailable`` when the server is gone.
    """

    def __init__(
        self,
        base_url: str | None = None,
        model: str | None = None,
        *,
        client: "AsyncOpenAI | None" = None,
        rubric: str | None = None,
        stepwise: bool = True,
        samples: int = 1,
        temperature: float | None = 0.0,
        max_tokens: int = 1024,
        attempts: int = 3,
        aggregation: Aggregation | None = None,
        api_key: str | None = None,
        headers: Mapping[str, str] | None = None,
        ssl: SSLContext | bool | None = None,
        capacity: int = 64,
        timeout: float = 600.0,
        retry: RetryPolicy | None = None,
        token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens",  # noqa: S107
    ) -> None:
        counts = {"samples": samples, "max_tokens": max_tokens, "attempts": attempts}
        for name, value in {**counts, "capacity": capacity}.items():
            if value < 1:
                raise ConfigurationError(f"{name}: must be at least 1, got {value}")
        if samples > 1 and temperature == 0:
            raise ConfigurationError(
                "samples: at temperature 0 all opinions are the same; pass temperature=0.7, or one"
                " sample"
            )
        if rubric is not None and not rubric.strip():
            raise ConfigurationError("rubric: it is empty; say what is good, or leave it out")
        self.aggregation = check_aggregation(aggregation or ("min" if stepwise else "last"))
        self.capacity = capacity
        self._rubric = rubric or (wire.STEPS_RUBRIC if stepwise else wire.WHOLE_RUBRIC)
        self._stepwise = stepwise
        self._samples = samples
        self._attempts = attempts
        self._options: dict[str, Any] = {token_limit: max_tokens}
        if temperature is not None:
            self._options["temperature"] = temperature
        self._server = OpenAIServer(
            base_url,
            model,
            client=client,
            api_key=api_key,
            headers=headers,
            ssl=ssl,
            timeout=timeout,
            retry=retry,
            capacity=capacity * samples,
        )
        self._takes_schema = True
        self._known = AsyncCache[_Path, tuple[float, ...]](REMEMBERED_PATHS)
        self._answers = self._repeats = self._prompt_tokens = self._completion_tokens = 0

    async def __aenter__(self) -> Self:
        with as_verification_errors():
            await self._server.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._server.aclose()

    @property
    def base_url(self) -> str:
        """Where the judge is."""
        return str(self._server.address)

    @property
    def model(self) -> str | None:
        """The name of the judge, once it is known."""
        return self._server.model

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides its scores besides the weights; a journal keeps it."""
        return (self._rubric, self._stepwise, self._samples, sorted(self._options.items()))

    def statistics(self) -> JudgeStatistics:
        """What it was asked, and what that cost."""
        return JudgeStatistics(
            answers=self._answers,
            repeats=self._repeats,
            retries=self._server.retries,
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._completion_tokens,
        )

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """One list of scores per request; equal paths are judged once."""
        return await gather(*(self._score_path(request) for request in requests))

    async def probe(self) -> None:
        """Return when its server answers, raise ``VerificationError`` at once when it does not."""
        with as_verification_errors():
            await self._server.probe()

    async def check(self) -> list[ServiceReport]:
        """What the judge is and whether it gives grades; it is asked for one.

        Raises ``VerifierUnavailable``.
        """
        await self.probe()  # so that one that is gone is not asked with patience
        problem = Problem("What is 1+1?")
        grades = Feature(name="grades", works=True, detail=self._kind())
        try:
            with as_verification_errors():
                await self._ask(wire.Question(problem, ["1+1 = 2"], 0, self._rubric), sample=0)
        except VerifierUnavailable:
            raise
        except VerificationError as error:
            fix = "use a model that follows instructions; a larger max_tokens may be needed"
            grades = Feature(name="grades", works=False, detail=str(error), fix=fix)
        form = Feature(
            name="structured output",
            works=self._takes_schema,
            detail="" if self._takes_schema else "the server refuses response_format",
            fix="none is needed: answers are read from the text",
            optional=True,
        )
        return [
            ServiceReport(
                role="verifier",
                kind="language model as a judge",
                where=self.base_url,
                model=self.model,
                capacity=self.capacity,
                features=(grades, form),
            )
        ]

    async def _score_path(self, request: ScoreRequest) -> StepScores:
        if not request.steps:
            return ()
        key = (as_conversation(request.problem.messages(None)), request.steps)

        async def judge(path: _Path) -> tuple[float, ...]:
            with as_verification_errors():
                return await self._judge(path, request.problem)

        return await self._known.get(key, judge)

    async def _judge(self, path: _Path, problem: Problem) -> tuple[float, ...]:
        """The grades of a path: those of the longest beginning that has some, and new ones."""
        said, steps = path
        graded: tuple[float, ...] = ()
        if self._stepwise:
            beginnings = (self._known.peek((said, steps[:i])) for i in range(len(steps) - 1, 0, -1))
            graded = next((found for found in beginnings if found is not None), ())
        first = len(graded) + 1 if self._stepwise else 0
        question = wire.Question(problem, steps, first, self._rubric)
        opinions = await gather(*(self._ask(question, sample=i) for i in range(self._samples)))
        grades = tuple(sum(grade) / self._samples for grade in zip(*opinions, strict=True))
        return (*graded, *grades) if self._stepwise else grades * len(steps)

    async def _ask(self, question: wire.Question, *, sample: int) -> list[float]:
        """One opinion; raises ``VerificationError`` when it holds no grades however often asked."""
        messages = wire.build_messages(question)
        seed = derive_seed("judge", messages, sample)
        for attempt in range(1, self._attempts + 1):
            reply = await self._send({"messages": messages, "seed": seed}, question.count)
            try:
                return wire.parse_verdict(reply, question.count)
            except wire.NoVerdict as reason:
                complaint = reason
            self._repeats += attempt < self._attempts
            messages = [*messages, *wire.build_complaint(reply, complaint, question)]
        raise VerificationError(
            f"{self.base_url}: the judge {self.model!r} gave no grades in {self._attempts} answers:"
            f" {complaint}; it said {reply.text[-200:]!r}"
        )

    async def _send(self, body: dict[str, Any], count: int) -> wire.Reply:
        body = {"model": self.model or "", **body, **self._options}
        if self._takes_schema:
            try:
                return await self._post({**body, "response_format": wire.response_format(count)})
            except GeneratorRejected:
                # Was it the format? Then it works without, and is not tried again.
                reply = await self._post(body)
                self._takes_schema = False
                return reply
        return await self._post(body)

    async def _post(self, body: dict[str, Any]) -> wire.Reply:
        reply = await self._server.post("/chat/completions", body, wire.parse_reply)
        self._answers += 1
        self._prompt_tokens += reply.prompt_tokens
        self._completion_tokens += reply.completion_tokens
        return reply

    def _kind(self) -> str:
        return "of every step" if self._stepwise else "of the solution as a whole"

    def __repr__(self) -> str:
        return f"<JudgeVerifier {self._server!r}, {self._answers} answers, grades {self._kind()}>"
