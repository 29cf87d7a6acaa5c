"""A small language model on this machine, in a process of its own."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tts_async.errors import ConfigurationError, GeneratorUnavailable
from tts_async.inference.model_process import ModelProcess
from tts_async.inference.wire import Ask, as_conversation
from tts_async.types.checkup import Feature, ServiceReport
from tts_async.types.generation import GenerationRequest, Sampling, Step


@dataclass(frozen=True, slots=True)
class LocalStatistics:
    """What the child has done since it started and what it has in hand.

    ``steps`` are decoding steps, each of which draws one token for every running sequence;
    ``tokens`` were drawn, ``prefilled`` were read; ``running`` sequences hold a slot and
    ``waiting`` requests stand in line.
    """

    steps: int
    tokens: int
    prefilled: int
    running: int
    waiting: int


class LocalGenerator:
    """Runs a model folder on this machine with continuous batching.

    ``model`` is a folder with ``config.json``, safetensors and ``tokenizer.json``. Llama, Mistral
    and Qwen2 run on a decoder of our own and are ready in about a second; other architectures need
    transformers and a few seconds. ``capacity`` is the number of sequences that decode together;
    further ones wait in line. One of the ``threads`` is enough at these sizes: a second one gains
    little, waits on a busy machine, and rounds differently in batches of different sizes (with one,
    a continuation is the same to the last bit whatever runs beside it). ``load_timeout`` is in
    seconds. ``sampling`` is what suits this model, for solvers that are not told otherwise.

    Use it with ``async with``, so that a folder that cannot be loaded is reported at once.

    Raises ``GeneratorUnavailable`` when the model cannot be loaded or its process keeps dying,
    ``PromptTooLong`` when a path fills the model's context.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        capacity: int = 128,
        threads: int = 1,
        load_timeout: float = 180.0,
        sampling: Sampling | None = None,
    ) -> None:
        self.capacity = capacity
        self.sampling = sampling
        self._process = ModelProcess(
            "generate",
            model,
            unavailable=GeneratorUnavailable,
            device=device,
            dtype=dtype,
            threads=threads,
            load_timeout=load_timeout,
            capacity=capacity,
        )

    @property
    def model(self) -> str:
        """The model's folder."""
        return self._process.model

    @property
    def identity(self) -> str:
        """What decides its answers besides the weights; a journal keeps it."""
        return self._process.dtype

    @property
    def context_length(self) -> int | None:
        """Positions of the model, prompt included; None until the model is loaded."""
        return self._process.context_length

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._process.pid

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """``request.n`` continuations; cancelling the call frees their slots.

        Calls are served in the order they come: priorities are the scheduler's business.
        """
        if request.n < 1:
            raise ConfigurationError(f"n: must be at least 1, got {request.n}")
        if request.sampling.max_tokens < 1:
            raise ConfigurationError(
                f"max_tokens: must be at least 1, got {request.sampling.max_tokens}"
            )
        ask = Ask(
            conversation=as_conversation(request.problem.messages(request.system_prompt)),
            path_text="" if request.token_ids else "".join(request.steps),
            path_ids=request.token_ids,
            n=request.n,
            stop=request.stop or None,
            sampling=request.sampling,
            seed=request.seed,
            logprobs=request.logprobs,
        )
        steps: list[Step] = await self._process.call(ask)
        return steps

    async def statistics(self) -> LocalStatistics:
        """The child's own numbers, as of its next turn."""
        return LocalStatistics(**await self._process.statistics())

    async def check(self) -> list[ServiceReport]:
        """What runs here; raises ``GenerationError`` when it does not."""
        await self.statistics()  # so the process answers
        return [
            ServiceReport(
                role="generator",
                kind="local model",
                where=self._process.model,
                model=Path(self._process.model).name,
                context_length=self.context_length,
                capacity=self.capacity,
                features=(
                    Feature(name="token ids", works=True, detail="paths are continued exactly"),
                ),
            )
        ]

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
        return f"<LocalGenerator {self._process!r}, capacity {self.capacity}>"
