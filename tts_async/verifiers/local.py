"""The parent's side of the local verifier: no torch here, and nothing that blocks the loop."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tts_async.errors import ConfigurationError, VerifierUnavailable, WorkerError
from tts_async.types.verification import Aggregation, ScoreRequest
from tts_async.worker import WorkerProcess

TARGET = "tts_async.generation.local.inference:score"
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class LocalVerifierStatistics:
    """What the child has done since it started and what it has in hand.

    ``batches`` micro-batches held ``paths`` different paths of ``tokens`` tokens together;
    ``remembered`` paths were answered without computing; ``waiting`` paths stand in line.
    """

    batches: int
    paths: int
    tokens: int
    remembered: int
    waiting: int


class LocalVerifier:
    """Runs a process reward model (layout of Qwen2.5-Math-PRM) on this machine.

    ``model`` is a folder with ``config.json``, safetensors and ``tokenizer.json``.
    ``aggregation`` is how this model's step scores should become one number. ``system_prompt``
    belongs to the PRM's own chat template and has nothing to do with the generator's.
    ``capacity`` tells the scheduler how many paths to send at a time; ``max_batch_tokens`` bounds
    one micro-batch. ``dtype`` float32 reproduces the model's scores to 1e-5; bfloat16 is faster
    where the CPU has it and moves a score by up to a few hundredths. ``load_timeout`` is in
    seconds.

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
        load_timeout: float = 180.0,
    ) -> None:
        limits = {"capacity": capacity, "threads": threads, "max_batch_tokens": max_batch_tokens}
        for name, value in limits.items():
            if value < 1:
                raise ConfigurationError(f"{name}: must be at least 1, got {value}")
        if dtype not in DTYPES:
            raise ConfigurationError(f"dtype: one of {', '.join(DTYPES)}, got {dtype!r}")
        self.model = os.fspath(model)
        self.aggregation = aggregation
        self.system_prompt = system_prompt
        self.capacity = capacity
        self._device, self._dtype = device, dtype
        self._worker = WorkerProcess(
            TARGET,
            {
                "model": self.model,
                "device": device,
                "dtype": dtype,
                "threads": threads,
                "max_batch_tokens": max_batch_tokens,
            },
            load_timeout=load_timeout,
        )

    @property
    def context_length(self) -> int | None:
        """Positions of the model, problem included; None until the model is loaded."""
        return None if self._worker.info is None else int(self._worker.info["context_length"])

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._worker.pid

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One list of step scores per request; cancelling the call takes it out of the line."""
        paths = [
            (
                tuple(
                    (turn["role"], turn["content"])
                    for turn in request.problem.messages(self.system_prompt)
                ),
                request.steps,
            )
            for request in requests
        ]
        scores: list[list[float]] = await self._call(paths)
        return scores

    async def statistics(self) -> LocalVerifierStatistics:
        """The child's own numbers, as of its next turn."""
        return LocalVerifierStatistics(**await self._call("statistics"))

    async def aclose(self) -> None:
        """End the child process; safe to call twice."""
        await self._worker.aclose()

    async def __aenter__(self) -> Self:
        try:
            await self._worker.start()
        except WorkerError as error:
            raise self._unavailable(error) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return (
            f"<LocalVerifier {self.model} on {self._device}, {self._dtype}, "
            f"aggregation {self.aggregation}, {self._worker!r}>"
        )

    async def _call(self, payload: Any) -> Any:
        try:
            return await self._worker.call(payload)
        except WorkerError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: WorkerError) -> VerifierUnavailable:
        return VerifierUnavailable(f"the local model {self.model}: {error}")
