"""Who judges the steps: process reward models in a process of their own, and functions.

Imported name by name on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tts_async.verifiers.function import FunctionVerifier
    from tts_async.verifiers.local import LocalVerifier

__all__ = ["FunctionVerifier", "LocalVerifier"]

_HOMES = {"FunctionVerifier": "function", "LocalVerifier": "local"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
