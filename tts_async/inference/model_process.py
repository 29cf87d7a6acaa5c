"""The parent's side of a local model: no torch here, and nothing that blocks the loop."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tts_async.errors import ConfigurationError, TTSError, WorkerError
from tts_async.inference.wire import STATISTICS
from tts_async.worker import WorkerProcess

DTYPES: Final = ("float32", "bfloat16", "float16")


class ModelProcess:
    """One model folder in a process of its own.

    ``target`` is a function of ``tts_async.inference``; ``options`` (numbers from 1 up) and
    ``settings`` (whatever pickles) go to it as they are. What goes wrong with the process is
    raised as ``unavailable``, chained and in the child's words.
    """

    def __init__(
        self,
        target: str,
        model: str | Path,
        *,
        unavailable: type[TTSError],
        device: str,
        dtype: str,
        threads: int,
        load_timeout: float,
        hang_timeout: float | None = None,
        settings: Mapping[str, Any] | None = None,
        **options: int,
    ) -> None:
        for name, value in {"threads": threads, **options}.items():
            if value < 1:
                raise ConfigurationError(f"{name}: must be at least 1, got {value}")
        for name, seconds in {"load_timeout": load_timeout, "hang_timeout": hang_timeout}.items():
            if seconds is not None and seconds <= 0:
                raise ConfigurationError(f"{name}: must be positive seconds, got {seconds}")
        if dtype not in DTYPES:
            raise ConfigurationError(f"dtype: one of {', '.join(DTYPES)}, got {dtype!r}")
        self.model = os.fspath(model)
        self.dtype = dtype
        self._where = f"{device}, {dtype}"
        self._unavailable = unavailable
        config = {"model": self.model, "device": device, "dtype": dtype, "threads": threads}
        self._worker = WorkerProcess(
            f"tts_async.inference:{target}",
            {**config, **options, **(settings or {})},
            load_timeout=load_timeout,
            hang_timeout=hang_timeout,
        )

    @property
    def info(self) -> Mapping[str, Any] | None:
        """What the child said about the model when it was loaded; None until then."""
        info: Mapping[str, Any] | None = self._worker.info
        return info

    @property
    def context_length(self) -> int | None:
        """Positions of the model; None until it is loaded."""
        return None if self._worker.info is None else int(self._worker.info["context_length"])

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._worker.pid

    @property
    def alive(self) -> bool:
        """Whether the model is loaded and answers."""
        return self._worker.alive

    async def start(self) -> None:
        """Load the model, so that a folder that cannot be loaded is reported now."""
        try:
            await self._worker.start()
        except WorkerError as error:
            raise self._lost(error) from error

    async def call(self, payload: Any) -> Any:
        """Ask the child; cancelling tells it to stop."""
        try:
            return await self._worker.call(payload)
        except WorkerError as error:
            raise self._lost(error) from error

    async def attempt(self, payload: Any) -> Any:
        """``call``, but a death under it is raised as ``BrokenWorker`` and nothing is repeated."""
        return await self._worker.attempt(payload)

    async def statistics(self) -> dict[str, int]:
        """The child's own numbers, as of its next turn."""
        numbers: dict[str, int] = await self.call(STATISTICS)
        return numbers

    async def aclose(self) -> None:
        """End the child; safe to call twice."""
        await self._worker.aclose()

    def _lost(self, error: WorkerError) -> TTSError:
        return self._unavailable(f"the local model {self.model}: {error}")

    def __repr__(self) -> str:
        return f"{self.model} on {self._where}, {self._worker!r}"
