"""Any other architecture with full attention, through the model class of transformers.

Slower to start and per step than ``decoder``, and general. Its attention layers read and write our
``SlotCache`` in place of their own cache object.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from tts_async.errors import ConfigurationError
from tts_async.inference.decoder import steady
from tts_async.inference.language_model import Prefix
from tts_async.inference.slot_cache import CacheShape, CacheStep, SlotCache


class TransformersLanguageModel:
    """A ``LanguageModel`` on ``AutoModelForCausalLM``."""

    def __init__(self, folder: Path, *, dtype: torch.dtype, device: torch.device) -> None:
        try:
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=dtype, attn_implementation="sdpa", local_files_only=True
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ConfigurationError(f"transformers cannot load {folder}: {error}") from error
        self._model = model.to(device).eval()
        config = model.config.get_text_config()
        kinds = set(getattr(config, "layer_types", None) or ()) - {"full_attention"}
        if kinds:
            raise ConfigurationError(
                f"{folder}: layers of the kind {', '.join(sorted(kinds))} are not supported; "
                "serve this model with vLLM"
            )
        self.dtype, self.device = dtype, device
        self.vocabulary = int(config.vocab_size)
        self.context_length = int(config.max_position_embeddings)
        # What a pass returns is more reliable than the many names that configs have for it.
        with torch.inference_mode():
            layers, kv_heads, _, head_dim = self._prefill_one([0])[0].shape
        self.cache_shape = CacheShape(layers, kv_heads, head_dim)

    def prefill(self, paths: Sequence[Sequence[int]]) -> list[Prefix]:
        """One pass per path; the result does not depend on the other paths."""
        return [self._prefill_one(path) for path in paths]

    def decode(self, ids: Tensor, positions: Tensor, cache: SlotCache) -> Tensor:
        """One token per row, as in ``DecoderLanguageModel``."""
        rows = len(ids)
        ids, positions = steady(ids[:, None]), steady(positions[:, None])
        step = cache.begin_step(positions[:, 0])
        output = self._model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=step.mask,
            past_key_values=_CacheOfStep(step),
            use_cache=True,
        )
        logits: Tensor = output.logits[:rows, -1]
        return logits

    def _prefill_one(self, path: Sequence[int]) -> Prefix:
        ids = torch.tensor([path], device=self.device)
        layers = self._model.base_model(input_ids=ids, use_cache=True).past_key_values.layers
        keys = torch.stack([layer.keys[0] for layer in layers])
        return keys, torch.stack([layer.values[0] for layer in layers])


class _CacheOfStep:
    """What the attention layers of transformers ask of a cache, for one decoding step."""

    is_compileable = False

    def __init__(self, step: CacheStep) -> None:
        self._step = step

    def update(
        self, k: Tensor, v: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Take the new token's (rows, kv_heads, 1, head_dim); give the whole rows."""
        return self._step.append(layer_idx, k[:, :, 0], v[:, :, 0])

    def get_seq_length(self, *_: Any) -> int:
        """Columns before this step."""
        return self._step.columns - 1

    def get_mask_sizes(self, *_: Any) -> tuple[int, int]:
        """Columns to mask, and the first of them; unused, since the mask is ours."""
        return self._step.columns, 0
