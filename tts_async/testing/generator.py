"""Generators that do what a test tells them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from tts_async.seeds import derive_rng
from tts_async.steps import DELIMITER
from tts_async.types.generation import GenerationRequest, Step

Delay = float | Callable[[GenerationRequest], float]


class ScriptedGenerator:
    """Plays back a hand-drawn tree.

    ``script`` maps the text of a path (``""`` is the root) to its continuations in the order they
    are handed out; a path that is expanded again goes on where it left off, and from the start
    when all were given. A continuation that ends with the step delimiter is a step, any other the
    end of an answer; one that ends with ``"…"`` is truncated (the mark is removed). An exception
    in the place of a continuation is raised. Asked to run to the end, it follows first
    continuations. ``delay`` in (virtual) seconds may depend on the request. ``requests`` records
    every call, ``running`` and ``peak`` count sequences.

    Raises ``KeyError`` for a path that is not in the script.
    """

    def __init__(
        self,
        script: Mapping[str, Sequence[str | Exception]],
        *,
        delay: Delay = 0.0,
        capacity: int = 256,
    ) -> None:
        self.capacity = capacity
        self.requests: list[GenerationRequest] = []
        self.running = 0
        self.peak = 0
        self._script = script
        self._delay = delay
        self._given: Counter[str] = Counter()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """The next ``n`` continuations of the path."""
        self.requests.append(request)
        path = "".join(request.steps)
        texts = [self._next(path, to_end=request.stop is None) for _ in range(request.n)]
        self.running += request.n
        self.peak = max(self.peak, self.running)
        try:
            await asyncio.sleep(self._delay(request) if callable(self._delay) else self._delay)
        finally:
            self.running -= request.n
        return [_as_step(text) for text in texts]

    def _next(self, path: str, *, to_end: bool) -> str:
        options = self._script[path]
        text = options[self._given[path] % len(options)]
        self._given[path] += 1
        if isinstance(text, Exception):
            raise text
        while to_end and text.endswith(DELIMITER):
            continuation = self._script[path + text][0]
            if isinstance(continuation, Exception):
                raise continuation
            text += continuation
        return text


class RandomGenerator:
    """An endless supply of different trees that depend on the seeds alone.

    Every path is ``depth`` steps of random words and a boxed random digit, the same for the same
    request in whatever order requests come: what a property-based or a load test needs.
    """

    def __init__(self, *, depth: int = 3, delay: Delay = 0.0, capacity: int = 256) -> None:
        self.capacity = capacity
        self.running = 0
        self.peak = 0
        self.calls = 0
        self._depth = depth
        self._delay = delay

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """``n`` continuations drawn from the request's seed."""
        self.calls += 1
        self.running += request.n
        self.peak = max(self.peak, self.running)
        try:
            await asyncio.sleep(self._delay(request) if callable(self._delay) else self._delay)
        finally:
            self.running -= request.n
        return [_as_step(self._draw(request, i)) for i in range(request.n)]

    def _draw(self, request: GenerationRequest, index: int) -> str:
        rng = derive_rng(request.seed, index)
        text, depth = "", len(request.steps)
        while depth < self._depth:
            text += f"## Step {depth + 1}: {rng.randrange(1000)}{DELIMITER}"
            depth += 1
            if request.stop is not None:
                return text
        return text + rf"The final answer is $\boxed{{{rng.randrange(10)}}}$"


def _as_step(text: str) -> Step:
    if text.endswith("…"):
        return Step(text[:-1], "length", len(text) - 1)
    return Step(text, "step" if text.endswith(DELIMITER) else "stop", len(text))
