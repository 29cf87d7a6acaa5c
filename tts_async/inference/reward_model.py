"""A process reward model in the layout of Qwen2.5-Math-PRM.

A Qwen2 trunk, and on the state of every step separator a head of two layers and two labels; the
softmax's second number is the probability that the step is right.
"""

from collections.abc import Sequence
from itertools import accumulate, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tts_async.errors import ConfigurationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.checkpoint import read_config, read_tensors
from tts_async.inference.decoder import Attend, Decoder, is_supported, steady
from tts_async.inference.language_model import causal_attention

ARCHITECTURE = "Qwen2ForProcessRewardModel"
SEPARATOR = "<extra_0>"
Ids = NDArray[np.int64]


class RewardModel:
    """The network: ``score`` for whole paths; ``states`` and ``judge`` for what is new of them."""

    def __init__(self, folder: Path, *, dtype: torch.dtype, device: torch.device) -> None:
        config = read_config(folder)
        if ARCHITECTURE not in config.get("architectures", ()) or not is_supported(config):
            raise ConfigurationError(
                f"{folder} is not a {ARCHITECTURE}: its config.json says "
                f"{config.get('architectures')}, model_type {config.get('model_type')!r}"
            )
        tensors = read_tensors(folder, dtype=dtype, device=device)
        self._decoder = Decoder(config, tensors)
        try:
            self._head = [
                (tensors[f"score.{i}.weight"], tensors[f"score.{i}.bias"]) for i in (0, 2)
            ]
        except KeyError as error:
            raise ConfigurationError(f"the weights of {folder} lack {error.args[0]}") from error
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
        """The scores of every path, each a whole text, at the places ``ends`` of its separators."""
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

    def judge(self, states: Tensor) -> list[float]:
        """The probability that a step is right, from the state of its separator."""
        (inner, inner_bias), (outer, outer_bias) = self._head
        labels = functional.linear(steady(states), inner, inner_bias).relu()
        labels = functional.linear(labels, outer, outer_bias)[: len(states)]
        right: list[float] = labels.float().softmax(-1)[:, 1].tolist()
        return right


def separator_id(folder: Path, tokenizer: ChatTokenizer) -> int:
    """The id that ends a step: the config's own word, else the customary token."""
    declared = read_config(folder).get("step_separator_id")
    found = declared if declared is not None else tokenizer.id_of(SEPARATOR)
    if found is None:
        raise ConfigurationError(f"the tokenizer of {folder} has no {SEPARATOR} token")
    return int(found)
