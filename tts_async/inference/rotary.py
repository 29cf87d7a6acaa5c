"""Rotary position embeddings: the angles by which queries and keys are turned, as tables.

``default`` is the original; ``linear`` stretches all positions by a factor; ``llama3`` (Llama 3.1
and later) stretches only slow angles, which a short training context never saw in full.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

ROPE_TYPES: Final = frozenset({"default", "linear", "llama3"})


def rope_type(config: Mapping[str, Any]) -> str:
    """The kind of scaling that a config asks for; ``ROPE_TYPES`` are known here."""
    parameters = _parameters(config)
    return str(parameters.get("rope_type") or parameters.get("type") or "default")


def rotary_tables(
    config: Mapping[str, Any], head_dim: int, positions: int
) -> tuple[Tensor, Tensor]:
    """Cosine and signed sine (positions, 1, head_dim), for ``x * cos + roll(x) * sin``."""
    parameters = _parameters(config)
    theta = float(parameters.get("rope_theta") or config.get("rope_theta") or 10_000.0)
    steps = torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim
    speeds = _scaled(theta**-steps, parameters, rope_type(config))
    angles = torch.arange(positions).float()[:, None] * speeds
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), -1)[:, None], torch.cat((-sin, sin), -1)[:, None]


def _scaled(speeds: Tensor, parameters: Mapping[str, Any], kind: str) -> Tensor:
    if kind == "default":
        return speeds
    slow = speeds / float(parameters["factor"])
    if kind == "linear":
        return slow
    trained = float(parameters["original_max_position_embeddings"])
    low, high = float(parameters["low_freq_factor"]), float(parameters["high_freq_factor"])
    turns = trained * speeds / (2 * math.pi)  # full turns within the context of the training
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return slow.lerp(speeds, kept)


def _parameters(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Older files keep the base at the top level and the rest in ``rope_scaling``."""
    found: Mapping[str, Any] = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return found
