"""From hidden states to scores: what a family's ``Head`` declares, computed."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from tts_async.errors import ConfigurationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.decoder import steady
from tts_async.inference.families import Head

LANGUAGE_HEAD = "lm_head.weight"


class ScoreHead:
    """Linear layers with ReLU between, then a sigmoid or a softmax.

    ``label_ids`` keep only these outputs, in the order of the head's ``labels``. Raises
    ``ConfigurationError`` for weights that are missing or have too few outputs.
    """

    def __init__(
        self,
        head: Head,
        tensors: Mapping[str, Tensor],
        label_ids: Sequence[int] = (),
        *,
        device: torch.device,
    ) -> None:
        weights = [_weight(tensors, f"{name}.weight") for name in head.layers]
        biases = [tensors.get(f"{name}.bias") for name in head.layers]
        if label_ids:  # copies of a few rows, so that the rest of a large matrix can go
            weights[-1] = weights[-1][list(label_ids)]
            biases[-1] = None if biases[-1] is None else biases[-1][list(label_ids)]
        outputs = len(weights[-1])
        if 1 < outputs <= head.positive:
            raise ConfigurationError(
                f"{head.layers[-1]} has {outputs} outputs, and the score is said to be number "
                f"{head.positive}"
            )
        self._layers = [
            (weight.to(device), None if bias is None else bias.to(device))
            for weight, bias in zip(weights, biases, strict=True)
        ]
        self._positive = head.positive

    @torch.inference_mode()
    def __call__(self, states: Tensor) -> list[float]:
        """A score in [0, 1] for each of the states (rows, hidden)."""
        x = steady(states)
        for number, (weight, bias) in enumerate(self._layers):
            x = functional.linear(x.relu() if number else x, weight, bias)
        logits = x[: len(states)].float()
        right = logits.sigmoid()[:, 0]
        if logits.shape[1] > 1:
            right = logits.softmax(-1)[:, self._positive]
        scores: list[float] = right.tolist()
        return scores


def label_ids(head: Head, tokenizer: ChatTokenizer) -> list[int]:
    """The id of each label, which is one token when it stands alone."""
    found = []
    for label in head.labels:
        ids = tokenizer.encode_plain(label)
        if len(ids) != 1:
            raise ConfigurationError(f"the label {label!r} is not one token here but {len(ids)}")
        found += ids
    return found


def _weight(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise ConfigurationError(f"the weights lack {name}")
    return tensors[name]
