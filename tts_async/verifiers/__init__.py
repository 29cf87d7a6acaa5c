"""Who judges the steps: process reward models, here or on a server, judges, and functions.

Imported name by name on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tts_async.verifiers.function import FunctionVerifier
    from tts_async.verifiers.judge import JudgeStatistics, JudgeVerifier
    from tts_async.verifiers.local import LocalVerifier
    from tts_async.verifiers.pool import PoolWorker, VerifierPool, WorkerStatistics
    from tts_async.verifiers.vllm import VLLMVerifier

__all__ = [
    "FunctionVerifier",
    "JudgeStatistics",
    "JudgeVerifier",
    "LocalVerifier",
    "PoolWorker",
    "VLLMVerifier",
    "VerifierPool",
    "WorkerStatistics",
]

_HOMES = {
    "FunctionVerifier": "function",
    "JudgeStatistics": "judge",
    "JudgeVerifier": "judge",
    "LocalVerifier": "local",
    "PoolWorker": "pool",
    "VLLMVerifier": "vllm",
    "VerifierPool": "pool",
    "WorkerStatistics": "pool",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
