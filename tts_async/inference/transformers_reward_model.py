"""A reward model on transformers' own classes: any architecture, attention and quantisation.

Slower to start than ``DecoderRewardModel``, and every path is a whole text. Only the trunk is
theirs; the head is ours, since the classes that go with most published heads are not in the
library.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel

from tts_async.errors import ConfigurationError
from tts_async.inference.checkpoint import read_tensors
from tts_async.inference.families import Head
from tts_async.inference.score_head import LANGUAGE_HEAD, ScoreHead

PADDING = 0.25
"""The share of padding at which paths that would be read together are read apart."""


class TransformersRewardModel:
    """A ``RewardModel`` on ``AutoModel``; ``model_kwargs`` go to its ``from_pretrained``."""

    def __init__(
        self,
        folder: Path,
        head: Head,
        *,
        dtype: torch.dtype,
        device: torch.device,
        label_ids: Sequence[int] = (),
        max_path_tokens: int | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        options = {"local_files_only": True, "trust_remote_code": False, **(model_kwargs or {})}
        if "quantization_config" in options:  # quantised on the way in, so it has to know where
            options.setdefault("device_map", {"": str(device)})
        try:
            trunk, report = AutoModel.from_pretrained(
                folder, dtype=dtype, output_loading_info=True, **options
            )
        except (ImportError, OSError, ValueError, TypeError, RuntimeError) as error:
            raise ConfigurationError(f"transformers cannot load {folder}: {error}") from error
        if report["missing_keys"]:  # which transformers fills with random numbers
            raise ConfigurationError(
                f"the weights of {folder} lack {', '.join(sorted(report['missing_keys']))}"
            )
        self._trunk: Any = (trunk if "device_map" in options else trunk.to(device)).eval()
        wanted = {f"{name}.{kind}" for name in head.layers for kind in ("weight", "bias")}
        tensors = read_tensors(
            folder, dtype=dtype, device=torch.device("cpu"), wanted=wanted.__contains__
        )
        if LANGUAGE_HEAD in wanted and LANGUAGE_HEAD not in tensors:  # tied to the embedding
            tensors[LANGUAGE_HEAD] = trunk.get_input_embeddings().weight
        self._judge = ScoreHead(head, tensors, label_ids, device=device)
        self._device = device
        declared = getattr(trunk.config.get_text_config(), "max_position_embeddings", None)
        positions = int(declared or sys.maxsize)  # some position encodings have no end
        self.context_length = min(positions, max_path_tokens or positions)

    @torch.inference_mode()
    def score(
        self, paths: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """As ``RewardModel`` says; paths of similar length are padded and read together."""
        scores: list[list[float]] = [[] for _ in paths]
        for batch in _alike([len(path) for path in paths]):
            rows = [torch.tensor(paths[index]) for index in batch]
            # On the right: no token of a causal model sees what comes after it.
            ids = pad_sequence(rows, batch_first=True).to(self._device)
            mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
            states = self._trunk(
                input_ids=ids, attention_mask=mask.to(self._device), use_cache=False
            ).last_hidden_state
            places = [(row, end) for row, index in enumerate(batch) for end in ends[index]]
            row, end = (
                torch.tensor(places, dtype=torch.int64, device=states.device).reshape(-1, 2).T
            )
            right = iter(self._judge(states[row, end].to(self._device)))
            for index in batch:
                scores[index] = list(islice(right, len(ends[index])))
        return scores


def _alike(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of the paths, by length, cut where a batch would have too much padding."""
    batch: list[int] = []
    tokens = 0
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and tokens < (1 - PADDING) * lengths[index] * len(batch):
            yield batch
            batch, tokens = [], 0
        batch.append(index)
        tokens += lengths[index]
    yield batch
