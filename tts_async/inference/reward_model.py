"""Reward models: a trunk that reads, a head that judges.

The trunk is our own decoder where it can be, which computes packed tokens without padding and lets
the caller keep keys and values; everything else is transformers' (``transformers_reward_model``).
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tts_async.errors import ConfigurationError
from tts_async.inference.checkpoint import read_config, read_tensors
from tts_async.inference.decoder import Attend, Decoder, is_supported, steady
from tts_async.inference.families import Head
from tts_async.inference.language_model import causal_attention
from tts_async.inference.score_head import LANGUAGE_HEAD, ScoreHead

Ids = NDArray[np.int64]


class RewardModel(Protocol):
    """Scores whole paths; ``context_length`` is the longest, in tokens."""

    context_length: int

    def score(
        self, paths: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """The scores of every path, each non-empty, at the places ``ends`` of its tokens."""
        ...


class DecoderRewardModel:
    """``score`` for whole paths; ``states`` and ``judge`` for what is new of them."""

    def __init__(
        self,
        folder: Path,
        head: Head,
        *,
        dtype: torch.dtype,
        device: torch.device,
        label_ids: Sequence[int] = (),
        max_path_tokens: int | None = None,
    ) -> None:
        config = read_config(folder)
        if not is_supported(config):
            raise ConfigurationError(
                f"{folder}: {describe_architecture(config)} does not run on the native backend; "
                "use backend='transformers'"
            )
        tensors = read_tensors(folder, dtype=dtype, device=device)
        self._decoder = Decoder(config, tensors, max_positions=max_path_tokens)
        tensors.setdefault(LANGUAGE_HEAD, self._decoder.embedding)  # tied, where it is not there
        self.judge = ScoreHead(head, tensors, label_ids, device=device)
        self._device = device
        self.context_length = self._decoder.context_length

    def new_store(self, slots: int) -> Tensor:
        """Room for keys and values by slot: (layers, slots, 2, kv_heads, head_dim)."""
        network = self._decoder
        size = (len(network.layers), slots, 2, network.kv_heads, network.head_dim)
        # Zeros, not empty: on a CPU they take no memory before they are written.
        return torch.zeros(size, dtype=network.embedding.dtype, device=self._device)

    @torch.inference_mode()
    def score(
        self, paths: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """As ``RewardModel`` says; all paths packed into one pass."""
        lengths = [len(path) for path in paths]
        starts = accumulate(lengths[:-1], initial=0)
        ids = np.concatenate([np.array(path, dtype=np.int64) for path in paths])
        positions = np.concatenate([np.arange(length) for length in lengths])

        def attend(_: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            own = causal_attention(q[: len(ids)], k[: len(ids)], v[: len(ids)], lengths)
            return torch.cat((own, q[len(ids) :]))

        states = self.states(ids, positions, attend)
        places = [start + end for start, own in zip(starts, ends, strict=True) for end in own]
        right = iter(self.judge(states[places]))
        return [list(islice(right, len(own))) for own in ends]

    def states(self, ids: Ids, positions: Ids, attend: Attend) -> Tensor:
        """Hidden states of packed tokens; a few rows of padding may follow them (``steady``)."""
        tokens = torch.from_numpy(np.stack((ids, positions), 1)).to(self._device)
        tokens = steady(tokens)
        return self._decoder(tokens[:, 0], tokens[:, 1], attend)


def describe_architecture(config: Mapping[str, Any]) -> str:
    """What a config says it is, for messages."""
    names = ", ".join(config.get("architectures") or ()) or "an unnamed architecture"
    quantized = " with quantised weights" if config.get("quantization_config") else ""
    return f"{names} (model_type {config.get('model_type')!r}){quantized}"
