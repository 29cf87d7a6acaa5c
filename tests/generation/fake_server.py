"""A server that speaks vLLM's wire on 127.0.0.1, says what it is told to and breaks on request.

Written by hand against vLLM's documented behaviour: tokens are sampled one by one, the text is cut
behind the stop string while the ids are not, the end token has an id and no text, and greedy
decoding refuses ``n > 1``. ``OPENAI`` is the same server without anything that only vLLM has.
"""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.patience import PATIENCE
from tts_async.http import RetryPolicy
from tts_async.seeds import derive_rng
from tts_async.types.generation import GenerationRequest, Sampling
from tts_async.types.problem import Problem

EOS = 0
PROMPT = 1  # opens every chat-templated prompt
# Whole strings that are one token each; every other character is a token of its own.
MERGES = ["\n\n", ".\n\n", "\n\nSo", "Step ", ".\n"]
FIRST_MERGE = 10
FIRST_CHARACTER = 1000

Writer = Callable[[list[int], int], list[int]]
"""From (prompt ids, seed) to the ids that the model would sample."""


def encode(text: str) -> list[int]:
    """Ids of a text, longest merge first."""
    ids = []
    while text:
        merge = max((m for m in MERGES if text.startswith(m)), key=len, default="")
        ids.append(FIRST_MERGE + MERGES.index(merge) if merge else FIRST_CHARACTER + ord(text[0]))
        text = text[len(merge) or 1 :]
    return ids


def decode(ids: list[int]) -> str:
    """Text of ids; the special ones have none."""
    texts = (
        chr(i - FIRST_CHARACTER)
        if i >= FIRST_CHARACTER
        else (MERGES[i - FIRST_MERGE] if i >= FIRST_MERGE else "")
        for i in ids
    )
    return "".join(texts)


def logprobs(ids: list[int]) -> list[float]:
    """What the model claims of these: less and less sure."""
    return [-position / 8 for position in range(len(ids))]


def write_steps(prompt: list[int], seed: int) -> list[int]:
    """A step that names the seed and the length of what it continues, then the end."""
    return [*encode(f"Step {seed} after {len(prompt)}.\n\n"), *encode("done"), EOS]


def write_answer(prompt: list[int], seed: int) -> list[int]:
    """Three steps and a boxed digit, each drawn from what is before it, however it came there.

    So step by step it is the same answer as in one go.
    """
    text = decode(prompt)
    begun = len(text)
    while text.rpartition("<assistant>")[2].count("\n\n") < 3:
        text += f"Step {derive_rng(seed, text).randrange(1000)}.\n\n"
    ending = rf"So $\boxed{{{derive_rng(seed, text).randrange(10)}}}$."
    return [*encode(text[begun:] + ending), EOS]


def say(text: str) -> Writer:
    """Always the same text, then the end."""
    return lambda _prompt, _seed: [*encode(text), EOS]


@dataclass(frozen=True)
class Status:
    """Answer with an HTTP status; ``body`` is sent as JSON unless it is bytes."""

    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reset:
    """Drop the connection without a word."""


@dataclass(frozen=True)
class Truncated:
    """Announce a body and drop the connection in the middle of it."""


@dataclass(frozen=True)
class Reply:
    """Answer 200 with this instead of the truth; bytes as they are, anything else as JSON."""

    body: Any


@dataclass(frozen=True)
class Changed:
    """The true answer, after ``change`` was applied to its JSON."""

    change: Callable[[dict[str, Any]], None] = field(repr=False)


@dataclass(frozen=True)
class Delay:
    """Wait, then answer as usual; ``None`` waits until the client goes away."""

    seconds: float | None = None


Fault = Status | Reset | Truncated | Reply | Changed | Delay

VLLM = frozenset({"/version", "/tokenize", "/detokenize", "/v1/completions", "/metrics"})
METRICS = b"""# HELP vllm:cache_config_info Information of the LLMEngine CacheConfig
vllm:cache_config_info{block_size="16",enable_prefix_caching="True",engine="0"} 1.0
vllm:prefix_cache_hits_total{engine="0",model_name="tiny"} 0.0
"""
OPENAI: frozenset[str] = frozenset()


class FakeServer:
    """``async with FakeServer() as server: … server.base_url``.

    ``requests`` holds (path, body) of everything that came in, ``headers`` the headers of the
    last request, ``running`` how many are being answered, ``connections`` how many are open.
    ``always`` is a fault for every completion, ``fail`` queues faults for the next requests of a
    path.
    """

    def __init__(
        self,
        writer: Writer = write_steps,
        *,
        extras: frozenset[str] = VLLM,
        tls: SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self.writer = writer
        self.extras = extras
        self.model = "tiny"
        self.context_length: int | None = 4096
        self.models: list[dict[str, Any]] | None = None
        self.most_choices = 1_000_000
        self.refuses_priority = False
        self.metrics = METRICS
        self.requests: list[tuple[str, Any]] = []
        self.headers: Mapping[str, str] = {}
        self.counts: Counter[str] = Counter()
        self.running = 0
        self.most_running = 0
        self.always: Fault | None = None
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self.port = 0

    @property
    def base_url(self) -> str:
        """As people give it to an OpenAI client."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def connections(self) -> int:
        """Open connections."""
        assert self._runner is not None
        assert self._runner.server is not None
        return len(self._runner.server.connections)

    def fail(self, path: str, *faults: Fault) -> None:
        """Break the next requests for ``path`` in these ways, one after the other."""
        self._faults[path].extend(faults)

    def bodies(self, path: str) -> list[Any]:
        """What was sent to ``path``, in order."""
        return [body for p, body in self.requests if p == path]

    async def until_running(self, count: int) -> None:
        """Wait until so many requests are being answered."""
        async with asyncio.timeout(PATIENCE):
            while self.running != count:
                self._changed.clear()
                await self._changed.wait()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the same port as before where it ran before."""
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(
            self._runner, "127.0.0.1", self.port, reuse_address=True, ssl_context=self._tls
        )
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Die: drop every connection and refuse new ones."""
        if self._runner is not None:
            server = self._runner.server
            await self._runner.cleanup()
            if server is not None:
                # A connection that was being accepted at that moment is noted too late for it.
                await asyncio.sleep(0.01)
                await server.shutdown(0)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        body = await request.json() if request.can_read_body else None
        self.requests.append((path, body))
        self.headers = request.headers
        self.counts[path] += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self._changed.set()
        try:
            return await self._answer(request, path, body)
        finally:
            self.running -= 1
            self._changed.set()

    async def _answer(self, request: web.Request, path: str, body: Any) -> web.StreamResponse:
        faults = self._faults[path]
        fault = faults.popleft() if faults else (self.always if "completions" in path else None)
        match fault:
            case Status(status=status, body=content, headers=headers):
                return _response(content, status, headers)
            case Reply(body=content):
                return _response(content, 200, {})
            case Reset():
                assert request.transport is not None
                request.transport.abort()
            case Truncated():
                response = web.StreamResponse(headers={"Content-Length": "1000"})
                response.content_type = "application/json"
                await response.prepare(request)
                await response.write(b'{"choices": [{"index": 0, "text": "Ste')
                assert request.transport is not None
                request.transport.close()
            case Delay(seconds=seconds):
                await asyncio.sleep(3600 if seconds is None else seconds)
        status, reply = self._truth(path, body)
        if isinstance(fault, Changed):
            fault.change(reply)
        return _response(reply, status, {})

    def _truth(self, path: str, body: Any) -> tuple[int, Any]:
        answers: dict[str, Callable[[Any], tuple[int, Any]]] = {
            "/v1/models": self._models,
            "/v1/chat/completions": self._chat,
        }
        if path in self.extras:
            answers |= {
                "/version": lambda _: (200, {"version": "0.32.0"}),
                "/metrics": lambda _: (200, self.metrics),
                "/tokenize": self._tokenize,
                "/detokenize": lambda body: (200, {"prompt": decode(body["tokens"])}),
                "/v1/completions": self._complete,
            }
        if path not in answers:
            return 404, {"detail": "Not Found"}
        return answers[path](body)

    def _models(self, _body: Any) -> tuple[int, Any]:
        owner = "vllm" if self.extras else "me"
        card = {"id": self.model, "owned_by": owner, "max_model_len": self.context_length}
        return 200, {"object": "list", "data": [card] if self.models is None else self.models}

    def _tokenize(self, body: Any) -> tuple[int, Any]:
        ids = _template(body) if "messages" in body else encode(body["prompt"])
        return 200, {"count": len(ids), "max_model_len": self.context_length, "tokens": ids}

    def _complete(self, body: Any) -> tuple[int, Any]:
        if isinstance(body["prompt"], str):
            body = {**body, "prompt": encode(body["prompt"])}
        error = self._refusal(body, len(body["prompt"]))
        if error is not None:
            return error
        choices = [
            {"index": index, "logprobs": None, "prompt_token_ids": body["prompt"], **drawn}
            for index, drawn in enumerate(self._draw(body, body["prompt"]))
        ]
        for choice in choices:
            choice["token_ids"] = choice.pop("ids")
            if body.get("logprobs") is not None:
                choice["logprobs"] = {"token_logprobs": logprobs(choice["token_ids"])}
        return 200, {"id": "cmpl-1", "choices": choices, "usage": _usage(choices, "token_ids")}

    def _chat(self, body: Any) -> tuple[int, Any]:
        prompt = _template(body)
        error = self._refusal(body, len(prompt))
        if error is not None:
            return error
        drawn = self._draw(body, prompt)
        usage = _usage(drawn, "ids")
        choices = []
        for index, choice in enumerate(drawn):
            text, stop = choice["text"], choice["stop_reason"]
            if isinstance(stop, str):
                text = text.removesuffix(stop)
            shown = {"finish_reason": choice["finish_reason"]}
            if self.extras:
                shown["stop_reason"] = stop
            if body.get("logprobs"):
                shown["logprobs"] = {"content": [{"logprob": p} for p in logprobs(choice["ids"])]}
            message = {"role": "assistant", "content": text}
            choices.append({"index": index, "message": message, **shown})
        return 200, {"id": "chatcmpl-1", "choices": choices, "usage": usage}

    def _refusal(self, body: Any, length: int) -> tuple[int, Any] | None:
        if body["model"] != self.model:
            return 404, _error(f"The model `{body['model']}` does not exist.")
        if self.refuses_priority and body.get("priority"):
            return 400, _error("Got priority 1 but Priority scheduling is not enabled.")
        if self.extras and body.get("temperature") == 0 and body.get("n", 1) > 1:
            return 400, _error("n must be 1 when using greedy sampling")
        # Without a limit, an answer may be as long as the context has room for.
        if self.context_length and length + body.get("max_tokens", 1) > self.context_length:
            return 400, _error(
                f"This model's maximum context length is {self.context_length} tokens."
            )
        return None

    def _draw(self, body: Any, prompt: list[int]) -> list[dict[str, Any]]:
        count = min(body.get("n", 1), self.most_choices)
        return [_sample(self.writer(prompt, body["seed"] + index), body) for index in range(count)]


def _sample(ids: list[int], body: Any) -> dict[str, Any]:
    """Token by token until the end, a stop string or the limit, like vLLM."""
    text, used = "", []
    for token in ids[: body.get("max_tokens")]:
        used.append(token)
        if token == EOS:
            return {"text": text, "ids": used, "finish_reason": "stop", "stop_reason": None}
        text += decode([token])
        for stop in body.get("stop") or []:
            if stop in text:
                end = text.index(stop) + len(stop)
                cut = {"text": text[:end], "ids": used}
                return {**cut, "finish_reason": "stop", "stop_reason": stop}
    return {"text": text, "ids": used, "finish_reason": "length", "stop_reason": None}


def _template(body: Any) -> list[int]:
    text = "".join(f"<{message['role']}>{message['content']}" for message in body["messages"])
    return [PROMPT, *encode(text if body.get("continue_final_message") else f"{text}<assistant>")]


def _usage(choices: list[dict[str, Any]], key: str) -> dict[str, int]:
    return {"completion_tokens": sum(len(choice[key]) for choice in choices)}


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "BadRequestError", "code": 400}}


def _response(body: Any, status: int, headers: dict[str, str]) -> web.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return web.Response(
        body=content, status=status, headers=headers, content_type="application/json"
    )


def expansion(
    problem: str = "1+1?",
    *,
    n: int = 1,
    steps: tuple[str, ...] = (),
    token_ids: tuple[int, ...] = (),
    stop: str | None = "\n\n",
    temperature: float = 0.8,
    max_tokens: int = 64,
    seed: int = 7,
    priority: int = 0,
) -> GenerationRequest:
    """A request, with defaults for what a test does not care about."""
    return GenerationRequest(
        problem=Problem(problem),
        system_prompt="Think.",
        steps=steps,
        token_ids=token_ids,
        n=n,
        stop=stop,
        sampling=Sampling(temperature=temperature, max_tokens=max_tokens),
        seed=seed,
        priority=priority,
    )


class Naps:
    """Sleeping that takes no time; ``taken`` remembers how long it would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.taken.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def policy(self, **limits: Any) -> RetryPolicy:
        """A retry policy that sleeps here."""
        return RetryPolicy(sleep=self.sleep, clock=lambda: self.now, **limits)
