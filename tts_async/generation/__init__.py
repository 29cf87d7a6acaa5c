"""Who writes the steps: servers over HTTP, and small models in a process of their own.

Imported name by name on first use: a local model needs no HTTP client, and the other way round.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tts_async.generation.local import LocalGenerator
    from tts_async.generation.openai import OpenAIGenerator
    from tts_async.generation.replicas import HealthPolicy, ReplicatedGenerator
    from tts_async.generation.vllm import VLLMGenerator
    from tts_async.http.retry import FAIL_FAST, RetryPolicy

__all__ = [
    "FAIL_FAST",
    "HealthPolicy",
    "LocalGenerator",
    "OpenAIGenerator",
    "ReplicatedGenerator",
    "RetryPolicy",
    "VLLMGenerator",
]

_HOMES = {
    "FAIL_FAST": "tts_async.http.retry",
    "HealthPolicy": ".replicas",
    "LocalGenerator": ".local",
    "OpenAIGenerator": ".openai",
    "ReplicatedGenerator": ".replicas",
    "RetryPolicy": "tts_async.http.retry",
    "VLLMGenerator": ".vllm",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
