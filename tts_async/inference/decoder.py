"""The decoder network of Llama, Mistral and Qwen2, inference only, in functions of torch.

Why not the classes of transformers: importing them takes longer than everything else at start-up
together, and their bookkeeping costs as much per step as a tiny model's arithmetic. A test holds
this file to theirs.

Tokens come packed: one row per token, whatever sequence it belongs to, so nothing is ever padded.
Only attention knows about sequences, and the caller brings it: ``attend(layer, q, k, v)`` gets
(tokens, heads, head_dim) tensors, k and v with fewer heads, and returns q's shape.
"""

import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tts_async.errors import ConfigurationError
from tts_async.inference.rotary import ROPE_TYPES, rope_type, rotary_tables

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]

MODEL_TYPES = frozenset({"llama", "mistral", "qwen2"})
STEADY_ROWS = 4
"""Matrix products of fewer rows take another code path and round differently; see ``steady``."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one block; projections that read the same input are one matrix."""

    attention_norm: Tensor
    qkv: Tensor
    qkv_bias: Tensor | None
    output: Tensor
    output_bias: Tensor | None
    mlp_norm: Tensor
    gate_up: Tensor
    down: Tensor


class Decoder:
    """Token ids to normalised hidden states.

    Takes the weights of the layers out of ``tensors``, so that no second copy of them remains.
    ``max_positions`` bounds the context below what the config says.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        tensors: MutableMapping[str, Tensor],
        *,
        max_positions: int | None = None,
    ) -> None:
        try:
            self.heads = int(config["num_attention_heads"])
            self.kv_heads = int(config.get("num_key_value_heads") or self.heads)
            self.hidden = int(config["hidden_size"])
            self.head_dim = int(config.get("head_dim") or self.hidden // self.heads)
            self.context_length = min(_positions(config), max_positions or _positions(config))
            self._epsilon = float(config["rms_norm_eps"])
            self.embedding = tensors["model.embed_tokens.weight"]
            self._norm = tensors["model.norm.weight"]
            self.layers = [_layer(tensors, i) for i in range(int(config["num_hidden_layers"]))]
        except KeyError as error:
            raise ConfigurationError(f"config.json or the weights lack {error}") from error
        tables = rotary_tables(config, self.head_dim, self.context_length)
        self._cos, self._sin = (table.to(self.embedding) for table in tables)

    def __call__(self, ids: Tensor, positions: Tensor, attend: Attend) -> Tensor:
        """Hidden states (tokens, hidden) of ids (tokens,) at positions (tokens,)."""
        cos, sin = self._cos[positions], self._sin[positions]
        rotated = self.heads + self.kv_heads
        x = self.embedding[ids]
        for index, layer in enumerate(self.layers):
            qkv = functional.linear(
                self._normed(x, layer.attention_norm), layer.qkv, layer.qkv_bias
            )
            qkv = qkv.view(len(ids), -1, self.head_dim)
            qk, v = qkv[:, :rotated], qkv[:, rotated:]
            qk = torch.addcmul(qk * cos, qk.roll(self.head_dim // 2, -1), sin)
            mixed = attend(index, qk[:, : self.heads], qk[:, self.heads :], v)
            x = x + functional.linear(mixed.reshape(len(ids), -1), layer.output, layer.output_bias)
            gate, up = functional.linear(self._normed(x, layer.mlp_norm), layer.gate_up).chunk(
                2, -1
            )
            x = x + functional.linear(functional.silu(gate) * up, layer.down)
        return self._normed(x, self._norm)

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(x, (self.hidden,), weight, self._epsilon)


def is_supported(config: Mapping[str, Any]) -> bool:
    """Whether this file knows the architecture that a config describes."""
    return (
        config.get("model_type") in MODEL_TYPES
        and config.get("hidden_act", "silu") == "silu"
        and not config.get("mlp_bias")
        and not config.get("use_sliding_window")
        and not config.get("quantization_config")
        and rope_type(config) in ROPE_TYPES
    )


def steady(rows: Tensor) -> Tensor:
    """Rows padded to the least number at which a row's result does not depend on the others."""
    missing = STEADY_ROWS - len(rows)
    return functional.pad(rows, (0, 0, 0, missing)) if missing > 0 else rows


def _positions(config: Mapping[str, Any]) -> int:
    """Within one window, attention in a sliding window is attention to everything."""
    window = config.get("sliding_window") if config.get("model_type") == "mistral" else None
    return min(int(config["max_position_embeddings"]), int(window or sys.maxsize))


def _layer(tensors: MutableMapping[str, Tensor], index: int) -> Layer:
    prefix = f"model.layers.{index}."

    def joined(*names: str) -> Tensor:
        return torch.cat([tensors.pop(f"{prefix}{name}") for name in names])

    attention = [f"self_attn.{name}_proj" for name in "qkv"]
    biased = f"{prefix}{attention[0]}.bias" in tensors
    return Layer(
        attention_norm=joined("input_layernorm.weight"),
        qkv=joined(*(f"{name}.weight" for name in attention)),
        qkv_bias=joined(*(f"{name}.bias" for name in attention)) if biased else None,
        output=joined("self_attn.o_proj.weight"),
        output_bias=tensors.pop(f"{prefix}self_attn.o_proj.bias", None),
        mlp_norm=joined("post_attention_layernorm.weight"),
        gate_up=joined("mlp.gate_proj.weight", "mlp.up_proj.weight"),
        down=joined("mlp.down_proj.weight"),
    )
