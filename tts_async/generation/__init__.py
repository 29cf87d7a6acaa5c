"""Who writes the steps: servers over HTTP, and small models in a process of their own.

Imported name by name on first use: a local model needs no HTTP client, and the other way round.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tts_async.generation.http.retry import RetryPolicy
    from tts_async.generation.local import LocalGenerator
    from tts_async.generation.openai import OpenAIGenerator
    from tts_async.generation.vllm import VLLMGenerator

__all__ = ["LocalGenerator", "OpenAIGenerator", "RetryPolicy", "VLLMGenerator"]

_HOMES = {
    "LocalGenerator": "local",
    "OpenAIGenerator": "openai",
    "RetryPolicy": "http.retry",
    "VLLMGenerator": "vllm",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
