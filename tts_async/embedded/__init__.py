"""The embedded models: a tiny generator and a tiny process reward model, trained from scratch.

They know whole-number arithmetic and nothing else (see `MODEL_CARD.md`). Importing this package
loads neither torch nor the weights; it only says where they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["GENERATOR_PATH", "PRM_AGGREGATION", "PRM_PATH", "TEMPERATURE"]

_HERE = Path(__file__).parent

GENERATOR_PATH: Final = _HERE / "generator"
"""A Llama folder for transformers and vLLM."""

PRM_PATH: Final = _HERE / "prm"
"""A folder in the layout of Qwen2.5-Math-PRM; its labels are local, so aggregate with `prod`."""

PRM_AGGREGATION: Final = "prod"
"""What suits local labels: a path is right when all of its steps are."""

TEMPERATURE: Final = 0.6
"""The sampling temperature that suits so small a model; at the usual 0.8 most samples slip."""
