"""The decoder of both embedded models in plain torch, small enough to train on two cores.

One class covers Llama (the generators) and Qwen2 (the verifier: the same network with biases on
q, k and v). Parameters carry the names of the Hugging Face checkpoints, so an export is a copy.
Attention is written out: on CPU, compiled, it trains about twice as fast as the fused kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from tts_async.embedded.tokenizer import VOCABULARY

__all__ = ["SIZES", "Cache", "Decoder", "LanguageModel", "ModelConfig", "RewardModel"]

Cache = list[tuple[Tensor, Tensor]]
"""Per layer keys and values, each (batch, kv_heads, capacity, head_dim)."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes of a decoder; head_dim 32 is the smallest that vLLM's kernels take."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    mlp: int
    qkv_bias: bool = False
    head_dim: int = 32
    vocabulary: int = len(VOCABULARY)
    positions: int = 512
    theta: float = 10_000.0
    epsilon: float = 1e-6


SIZES = {
    "small": ModelConfig(hidden=96, layers=3, heads=3, kv_heads=1, mlp=176),
    "trunk": ModelConfig(hidden=128, layers=3, heads=4, kv_heads=2, mlp=256),
    "large": ModelConfig(hidden=192, layers=5, heads=6, kv_heads=2, mlp=480),
}


def _rotary(config: ModelConfig, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine, each (batch, 1, length, head_dim), in the half-rotation layout."""
    exponents = torch.arange(0, config.head_dim, 2, dtype=torch.float32) / config.head_dim
    angles = positions.float()[:, None, :, None] * config.theta**-exponents
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cos.to(x.dtype) + torch.cat((-second, first), -1) * sin.to(x.dtype)


class Norm(nn.Module):
    """RMS norm."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * (wide.pow(2).mean(-1, keepdim=True) + self.epsilon).rsqrt()) * self.weight


class Attention(nn.Module):
    """Grouped-query attention with rotary positions."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.size = config.heads, config.kv_heads, config.head_dim
        width, kv_width = config.heads * config.head_dim, config.kv_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden, width, bias=config.qkv_bias)
        self.k_proj = nn.Linear(config.hidden, kv_width, bias=config.qkv_bias)
        self.v_proj = nn.Linear(config.hidden, kv_width, bias=config.qkv_bias)
        self.o_proj = nn.Linear(width, config.hidden, bias=False)

    def forward(
        self,
        x: Tensor,
        rotary: tuple[Tensor, Tensor],
        mask: Tensor,
        cache: tuple[Tensor, Tensor] | None,
        start: int,
    ) -> Tensor:
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.size).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.size).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.size).transpose(1, 2)
        q, k = _rotate(q, *rotary), _rotate(k, *rotary)
        if cache is not None:
            keys, values = cache
            keys[:, :, start : start + length] = k
            values[:, :, start : start + length] = v
            k, v = keys[:, :, : start + length], values[:, :, : start + length]
        group = self.heads // self.kv_heads
        q = q.reshape(batch, self.kv_heads, group * length, self.size)
        scores = (q @ k.transpose(-1, -2)) * self.size**-0.5
        scores = scores.view(batch, self.kv_heads, group, length, -1) + mask
        weights = scores.float().softmax(-1).to(v.dtype)
        mixed = weights.view(batch, self.kv_heads, group * length, -1) @ v
        mixed = mixed.view(batch, self.heads, length, self.size).transpose(1, 2)
        return self.o_proj(mixed.reshape(batch, length, -1))  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """The gated feed-forward layer."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden, config.mlp, bias=False)
        self.up_proj = nn.Linear(config.hidden, config.mlp, bias=False)
        self.down_proj = nn.Linear(config.mlp, config.hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gated = functional.silu(self.gate_proj(x)) * self.up_proj(x)
        return self.down_proj(gated)  # type: ignore[no-any-return]


class Block(nn.Module):
    """One pre-norm layer."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Mlp(config)
        self.input_layernorm = Norm(config.hidden, config.epsilon)
        self.post_attention_layernorm = Norm(config.hidden, config.epsilon)

    def forward(
        self,
        x: Tensor,
        rotary: tuple[Tensor, Tensor],
        mask: Tensor,
        cache: tuple[Tensor, Tensor] | None,
        start: int,
    ) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotary, mask, cache, start)
        out: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return out


class Decoder(nn.Module):
    """Token ids to normalised hidden states."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocabulary, config.hidden)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = Norm(config.hidden, config.epsilon)

    def forward(
        self,
        ids: Tensor,
        *,
        padding: Tensor | None = None,
        cache: Cache | None = None,
        start: int = 0,
    ) -> Tensor:
        """`ids` (batch, length); `padding` (batch,): how many pads stand left of each row.

        With a cache, `ids` are the columns from `start` on and the earlier ones are remembered.
        """
        batch, length = ids.shape
        columns = torch.arange(start, start + length)
        seen = torch.arange(start + length)
        allowed = (seen[None, :] <= columns[:, None])[None]
        positions = columns[None].expand(batch, -1)
        if padding is not None:
            allowed = allowed & (seen[None, None, :] >= padding[:, None, None])
            positions = (positions - padding[:, None]).clamp(min=0)
        # A row that sees nothing (a pad's own row) must stay finite: no -inf.
        mask = torch.where(allowed, 0.0, -30_000.0)[:, None, None]
        rotary = _rotary(self.config, positions)
        x: Tensor = self.embed_tokens(ids)
        for index, layer in enumerate(self.layers):
            x = layer(x, rotary, mask, cache[index] if cache else None, start)
        hidden: Tensor = self.norm(x)
        return hidden

    def new_cache(self, batch: int, capacity: int) -> Cache:
        """An empty cache for that many rows and columns."""
        shape = (batch, self.config.kv_heads, capacity, self.config.head_dim)
        return [(torch.zeros(shape), torch.zeros(shape)) for _ in self.layers]


def _initialise(module: nn.Module, layers: int) -> None:
    for name, parameter in module.named_parameters():
        if parameter.ndim == 1:
            continue
        scale = 0.02 if "embed" in name else parameter.shape[1] ** -0.5
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            scale *= (2 * layers) ** -0.5
        nn.init.normal_(parameter, std=scale)


class LanguageModel(nn.Module):
    """A decoder whose output layer is its embedding."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.model = Decoder(config)
        _initialise(self, config.layers)

    def forward(
        self,
        ids: Tensor,
        *,
        padding: Tensor | None = None,
        cache: Cache | None = None,
        start: int = 0,
    ) -> Tensor:
        """Logits (batch, length, vocabulary)."""
        hidden = self.model(ids, padding=padding, cache=cache, start=start)
        return functional.linear(hidden, self.model.embed_tokens.weight)


class RewardModel(nn.Module):
    """A decoder with the two-label head of `Qwen2ForProcessRewardModel`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.model = Decoder(config)
        self.score = nn.Sequential(
            nn.Linear(config.hidden, config.hidden), nn.ReLU(), nn.Linear(config.hidden, 2)
        )
        _initialise(self, config.layers)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (batch, length, 2); index 1 is "this step is right"."""
        return self.score(self.model(ids))  # type: ignore[no-any-return]
