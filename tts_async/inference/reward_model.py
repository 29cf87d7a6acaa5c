"""A process reward model in the layout of Qwen2.5-Math-PRM.

A Qwen2 trunk, and on the state of every step separator a head of two layers and two labels; the
softmax's second number is the probability that the step is right.
"""

from collections.abc import Sequence
from itertools import accumulate, islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from tts_async.errors import ConfigurationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.checkpoint import read_config, read_tensors
from tts_async.inference.decoder import Decoder, is_supported, steady
from tts_async.inference.language_model import causal_attention

ARCHITECTURE = "Qwen2ForProcessRewardModel"
SEPARATOR = "<extra_0>"


class RewardModel:
    """Scores packed paths; every path is a sequence of ids and the places of its separators."""

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

    @torch.inference_mode()
    def score(
        self, paths: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """The scores of every path at the places ``ends`` of its separators."""
        lengths = [len(path) for path in paths]
        starts = accumulate(lengths[:-1], initial=0)
        ids = torch.tensor([i for path in paths for i in path], device=self._device)
        positions = torch.cat([torch.arange(length, device=self._device) for length in lengths])

        def attend(_: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return causal_attention(q, k, v, lengths)

        hidden = self._decoder(ids, positions, attend)
        places = [start + end for start, own in zip(starts, ends, strict=True) for end in own]
        (inner, inner_bias), (outer, outer_bias) = self._head
        labels = functional.linear(steady(hidden[places]), inner, inner_bias).relu()
        labels = functional.linear(labels, outer, outer_bias)[: len(places)]
        right = iter(labels.float().softmax(-1)[:, 1].tolist())
        return [list(islice(right, len(own))) for own in ends]


def separator_id(folder: Path, tokenizer: ChatTokenizer) -> int:
    """The id that ends a step: the config's own word, else the customary token."""
    declared = read_config(folder).get("step_separator_id")
    found = declared if declared is not None else tokenizer.id_of(SEPARATOR)
    if found is None:
        raise ConfigurationError(f"the tokenizer of {folder} has no {SEPARATOR} token")
    return int(found)
