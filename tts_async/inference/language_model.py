"""What the generating engine needs of a causal language model: prefill and one decoding step."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from tts_async.inference.checkpoint import read_config, read_json, read_tensors
from tts_async.inference.decoder import Decoder, is_supported, steady
from tts_async.inference.slot_cache import CacheShape, SlotCache

Prefix = tuple[Tensor, Tensor]
"""Keys and values of a token sequence, each (layers, kv_heads, length, head_dim)."""


class LanguageModel(Protocol):
    """A causal language model whose memory is a ``SlotCache``."""

    vocabulary: int
    context_length: int
    cache_shape: CacheShape
    dtype: torch.dtype
    device: torch.device

    def prefill(self, paths: Sequence[Sequence[int]]) -> list[Prefix]:
        """Read token sequences, each non-empty, that become the beginnings of rows."""
        ...

    def decode(self, ids: Tensor, positions: Tensor, cache: SlotCache) -> Tensor:
        """Append one token to each of the cache's first rows; the next token's logits."""
        ...


def load_language_model(folder: Path, *, dtype: torch.dtype, device: torch.device) -> LanguageModel:
    """The model of a folder: our own decoder where it can, transformers' class otherwise."""
    config = read_config(folder)
    if is_supported(config):
        return DecoderLanguageModel(folder, dtype=dtype, device=device)
    from tts_async.inference.transformers_model import (  # seconds of imports
        TransformersLanguageModel,
    )

    return TransformersLanguageModel(folder, dtype=dtype, device=device)


def end_ids(folder: Path, declared: int | None) -> frozenset[int]:
    """Every id that ends an answer: the tokenizer's own and those of the model's configs."""
    found = set() if declared is None else {declared}
    for settings in (
        read_config(folder),
        read_json(folder / "generation_config.json", missing={}),
    ):
        ids = settings.get("eos_token_id")
        found |= set(ids if isinstance(ids, list) else [] if ids is None else [ids])
    return frozenset(found)


class DecoderLanguageModel:
    """A Llama, Mistral or Qwen2 model on ``decoder.Decoder``."""

    def __init__(self, folder: Path, *, dtype: torch.dtype, device: torch.device) -> None:
        config = read_config(folder)
        tensors = read_tensors(folder, dtype=dtype, device=device)
        self._decoder = Decoder(config, tensors)
        self._head = tensors.get("lm_head.weight", self._decoder.embedding)
        self.dtype, self.device = dtype, device
        self.vocabulary = len(self._head)
        self.context_length = self._decoder.context_length
        self.cache_shape = CacheShape(
            len(self._decoder.layers), self._decoder.kv_heads, self._decoder.head_dim
        )

    def prefill(self, paths: Sequence[Sequence[int]]) -> list[Prefix]:
        """All paths in one pass, packed; attention sees one path at a time."""
        lengths = [len(path) for path in paths]
        ids = torch.tensor([i for path in paths for i in path], device=self.device)
        positions = torch.cat([torch.arange(length, device=self.device) for length in lengths])
        keys, values = [], []

        def attend(_: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys.append(k)
            values.append(v)
            return causal_attention(q, k, v, lengths)

        # Three rows or fewer would round differently next to other paths; see ``steady``.
        missing = len(steady(ids[:, None])) - len(ids)
        if missing:
            lengths.append(missing)
            ids = functional.pad(ids, (0, missing))
            positions = functional.pad(positions, (0, missing))
        self._decoder(ids, positions, attend)
        packed = torch.stack(keys).transpose(1, 2), torch.stack(values).transpose(1, 2)
        by_path = zip(*(torch.split(one, lengths, 2) for one in packed), strict=True)
        return list(by_path)[: len(paths)]

    def decode(self, ids: Tensor, positions: Tensor, cache: SlotCache) -> Tensor:
        """One token per row; a row's logits do not depend on the other rows."""
        rows = len(ids)
        ids, positions = steady(ids[:, None])[:, 0], steady(positions[:, None])[:, 0]
        step = cache.begin_step(positions)

        def attend(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys, values = step.append(layer, k, v)
            # The query heads that share a key head are queries of one attention. Written out: for
            # so few queries per row this is a sixth faster on CPU than the fused kernel.
            grouped = q.view(len(q), k.shape[1], -1, q.shape[2]) * q.shape[2] ** -0.5
            scores = (grouped @ keys.transpose(-1, -2)).add_(step.mask)
            weights = scores.softmax(-1, dtype=torch.float32).to(values.dtype)
            return torch.matmul(weights, values)

        hidden = self._decoder(ids, positions, attend)
        return functional.linear(hidden, self._head)[:rows]


def causal_attention(q: Tensor, k: Tensor, v: Tensor, lengths: Sequence[int]) -> Tensor:
    """Attention within each of the packed sequences; tensors are (tokens, heads, head_dim)."""
    mixed = []
    for own in zip(*(torch.split(one, list(lengths)) for one in (q, k, v)), strict=True):
        query, keys, values = (one.transpose(0, 1)[None] for one in own)
        attended = functional.scaled_dot_product_attention(
            query, keys, values, is_causal=True, enable_gqa=True
        )
        mixed.append(attended[0].transpose(0, 1))
    return torch.cat(mixed)
