"""A process reward model on this machine, in a process of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from tts_async.aggregate import check_aggregation
from tts_async.errors import ConfigurationError, VerifierUnavailable
from tts_async.inference.families import Family, find_family
from tts_async.inference.model_process import ModelProcess
from tts_async.inference.wire import ScoreCall, as_conversation
from tts_async.types.verification import Aggregation, ScoreRequest

Backend = Literal["auto", "native", "transformers"]
"""What computes a local model: our own decoder, or the classes of transformers."""


@dataclass(frozen=True, slots=True)
class LocalVerifierStatistics:
    """What the child has done since it started and what it has in hand.

    ``batches`` micro-batches held ``paths`` different paths of ``tokens`` tokens together:
    ``computed_tokens`` of them went through the network, ``reused_tokens`` were known from paths
    with the same beginning. ``remembered`` paths were answered without computing; ``waiting``
    paths stand in line.
    """

    batches: int
    paths: int
    tokens: int
    computed_tokens: int
    reused_tokens: int
    remembered: int
    waiting: int


class LocalVerifier:
    """Runs a reward model on this machine, in a process of its own.

    ``model`` is a folder with ``config.json``, safetensors and ``tokenizer.json``, or the name of
    a repository on the Hugging Face hub, which is fetched unless it is in the cache. ``family``
    says how the model reads and scores: the name of a known one or a ``Family``; by default it is
    recognised by the model's config and name. ``aggregation`` is how step scores should become
    one number, by default what the folder's ``config.json`` (``"aggregation"``) or the family
    says.
    ``system_prompt`` belongs to the reward model (by default its family's) and has nothing to do
    with the generator's.
    ``capacity`` tells the scheduler how many paths to send at a time; ``max_batch_tokens`` bounds
    what one micro-batch computes, ``max_path_tokens`` what a path may have, problem included (or
    less, if the model's own context is shorter). ``dtype`` float32 reproduces the model's scores
    to 1e-5; bfloat16 takes half the memory, is faster where there is hardware for it, and moves a
    score by up to a few hundredths. ``load_timeout`` is in seconds, a download included, and so
    is ``hang_timeout``: a process that has work and gives no sign of life for that long is
    killed, so it has to be longer than one micro-batch takes.

    ``backend``: ``"native"`` is a decoder of our own for Llama, Mistral and Qwen2;
    ``"transformers"`` takes any causal model and scores every path as a whole text; ``"auto"`` is
    native where it can be. ``attn_implementation`` and ``model_kwargs`` (a
    ``quantization_config``, a ``device_map``) go to transformers' ``from_pretrained``
    and mean that backend.

    ``cache_tokens`` is how many tokens of recent paths stay in memory on the native backend, so
    that a path that grew by a step costs that step; 0 scores every path as a whole text. Either
    way the scores are the same, to 1e-5 in float32 and 0.03 in bfloat16. A token takes 2 x layers
    x key-value heads x head size numbers: 84 MB for the default and the embedded model, 1.9 GB
    for Qwen2.5-Math-PRM-7B's size in bfloat16.

    Raises ``VerifierUnavailable`` when the model cannot be loaded or its process keeps dying,
    ``VerificationError`` for an empty step and for a path longer than the model's context.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        family: str | Family | None = None,
        aggregation: Aggregation | None = None,
        system_prompt: str | None = None,
        device: str = "cpu",
        dtype: str = "float32",
        backend: Backend = "auto",
        attn_implementation: str | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
        threads: int = 1,
        capacity: int = 256,
        max_batch_tokens: int = 2048,
        max_path_tokens: int = 8192,
        cache_tokens: int = 32_768,
        load_timeout: float = 180.0,
        hang_timeout: float = 120.0,
    ) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity: must be at least 1, got {capacity}")
        if cache_tokens < 0:
            raise ConfigurationError(f"cache_tokens: must not be negative, got {cache_tokens}")
        options = dict(model_kwargs or {})
        if attn_implementation is not None:
            options["attn_implementation"] = attn_implementation
        if backend not in get_args(Backend):
            choices = ", ".join(get_args(Backend))
            raise ConfigurationError(f"backend: one of {choices}, got {backend!r}")
        if backend == "native" and options:
            raise ConfigurationError(
                f"backend: native takes no {', '.join(options)}; leave it out, or use "
                "backend='transformers'"
            )
        self._aggregation = None if aggregation is None else check_aggregation(aggregation)
        self.system_prompt = system_prompt
        self.capacity = capacity
        self._process = ModelProcess(
            "score",
            model,
            unavailable=VerifierUnavailable,
            device=device,
            dtype=dtype,
            threads=threads,
            load_timeout=load_timeout,
            hang_timeout=hang_timeout,
            max_batch_tokens=max_batch_tokens,
            max_path_tokens=max_path_tokens,
            settings={
                "family": _portable(family),
                "backend": backend,
                "model_kwargs": options,
            },
            **({"cache_tokens": cache_tokens} if cache_tokens else {}),
        )

    @property
    def aggregation(self) -> Aggregation | None:
        """As chosen, else what the model declares, which is known when it is loaded."""
        info = self._process.info or {}
        return self._aggregation or info.get("aggregation")

    @property
    def family(self) -> str | None:
        """The name of the model's family; None until the model is loaded."""
        info = self._process.info or {}
        return info.get("family")

    @property
    def model(self) -> str:
        """The model's folder, or its name on the hub."""
        return self._process.model

    @property
    def identity(self) -> tuple[str | None, ...]:
        """What decides its scores besides the weights; a journal keeps it."""
        return (self.family, self.system_prompt, self._process.dtype)

    @property
    def context_length(self) -> int | None:
        """Tokens that a path may have, problem included; None until the model is loaded."""
        return self._process.context_length

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the model is loaded and answers."""
        return self._process.alive

    async def start(self) -> None:
        """Load the model, unless it is; entering the context does the same."""
        await self._process.start()

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One list of step scores per request; cancelling the call takes it out of the line.

        The call is as urgent as its most urgent request, and goes to the line's place for that.
        """
        scores: list[list[float]] = await self._process.call(self._call(requests))
        return scores

    async def attempt(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """``score`` without a safety net; raises ``BrokenWorker`` if the process dies under it."""
        scores: list[list[float]] = await self._process.attempt(self._call(requests))
        return scores

    def _call(self, requests: Sequence[ScoreRequest]) -> ScoreCall:
        paths = (
            (as_conversation(request.problem.messages(self.system_prompt)), request.steps)
            for request in requests
        )
        return ScoreCall(tuple(paths), min((r.priority for r in requests), default=0))

    async def statistics(self) -> LocalVerifierStatistics:
        """The child's own numbers, as of its next turn."""
        return LocalVerifierStatistics(**await self._process.statistics())

    async def aclose(self) -> None:
        """End the child process; safe to call twice."""
        await self._process.aclose()

    async def __aenter__(self) -> Self:
        await self._process.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<LocalVerifier {self._process!r}, aggregation {self.aggregation}>"


def _portable(family: str | Family | None) -> str | Family | None:
    """A known name, or a family that the child process can unpickle."""
    if family is None:
        return None
    known = find_family(family)
    for part in (known, known.layout):
        if type(part).__module__ == "__main__":
            raise ConfigurationError(
                f"family: {type(part).__name__} is defined in the program itself, where the "
                "verifier's process cannot find it; move the class into a module"
            )
    return family
