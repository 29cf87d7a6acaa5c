"""What runs inside the local worker processes: the only code here that needs torch.

``generate`` and ``score`` are the targets of ``LocalGenerator`` and ``LocalVerifier``. Both stand
on the same pieces: ``checkpoint`` reads a model folder, ``chat_tokenizer`` turns conversations
into ids, ``decoder`` is the network. ``wire`` is what crosses the pipe; it and this file import
nothing heavy, so the parents may.
"""

import importlib
import os
from typing import Any

from tts_async.errors import ConfigurationError
from tts_async.worker import Channel

__all__ = ["generate", "score"]


def generate(channel: Channel, **config: Any) -> None:
    """Serve a causal language model; see ``generating``."""
    _program("generating").serve(channel, **config)


def score(channel: Channel, **config: Any) -> None:
    """Serve a process reward model; see ``scoring``."""
    _program("scoring").serve(channel, **config)


def _program(name: str) -> Any:
    # Threads that spin while they wait for each other cost most of a busy machine's time.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"local models need the package {error.name}: pip install 'tts-async[local]'"
        ) from error
