"""A process reward model on this machine, in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tts_async.errors import ConfigurationError, VerifierUnavailable
from tts_async.inference.model_process import ModelProcess
from tts_async.inference.wire import as_conversation
from tts_async.types.verification import Aggregation, ScoreRequest


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
    """Runs a process reward model (layout of Qwen2.5-Math-PRM) on this machine.

    ``model`` is a folder with ``config.json``, safetensors and ``tokenizer.json``.
    ``aggregation`` is how this model's step scores should become one number. ``system_prompt``
    belongs to the PRM's own chat template and has nothing to do with the generator's.
    ``capacity`` tells the scheduler how many paths to send at a time; ``max_batch_tokens`` bounds
    what one micro-batch computes. ``dtype`` float32 reproduces the model's scores to 1e-5; bfloat16
    is faster where the CPU has it and moves a score by up to a few hundredths. ``load_timeout`` is
    in seconds.

    ``cache_tokens`` is how many tokens of recent paths stay in memory, so that a path that grew by
    a step costs that step; 0 scores every path as a whole text. Either way the scores are the
    same, to 1e-5 in float32 and 0.03 in bfloat16. A token takes 2 x layers x key-value heads x head
    size numbers: 84 MB for the default and the embedded model, 1.9 GB for Qwen2.5-Math-PRM-7B's
    size in bfloat16.

    Raises ``VerifierUnavailable`` when the model cannot be loaded or its process keeps dying,
    ``VerificationError`` for an empty step and for a path longer than the model's context.
    """

    def __init__(
        self,
        model: str | Path,
        *,
        aggregation: Aggregation = "last",
        system_prompt: str | None = None,
        device: str = "cpu",
        dtype: str = "float32",
        threads: int = 1,
        capacity: int = 256,
        max_batch_tokens: int = 2048,
        cache_tokens: int = 32_768,
        load_timeout: float = 180.0,
    ) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity: must be at least 1, got {capacity}")
        if cache_tokens < 0:
            raise ConfigurationError(f"cache_tokens: must not be negative, got {cache_tokens}")
        self.aggregation = aggregation
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
            max_batch_tokens=max_batch_tokens,
            **({"cache_tokens": cache_tokens} if cache_tokens else {}),
        )

    @property
    def context_length(self) -> int | None:
        """Positions of the model, problem included; None until the model is loaded."""
        return self._process.context_length

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._process.pid

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One list of step scores per request; cancelling the call takes it out of the line."""
        paths = [
            (as_conversation(request.problem.messages(self.system_prompt)), request.steps)
            for request in requests
        ]
        scores: list[list[float]] = await self._process.call(paths)
        return scores

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
