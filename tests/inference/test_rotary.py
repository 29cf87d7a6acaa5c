"""The angles of rotary embeddings are those of transformers, however a config says them."""

from typing import Any

import pytest
import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from tests.inference.tiny_models import LLAMA3_ROPE
from tts_async.inference.decoder import is_supported
from tts_async.inference.rotary import rope_type, rotary_tables

ROPES: dict[str, dict[str, Any]] = {
    "default": {"rope_type": "default", "rope_theta": 1000.0},
    "linear": {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 4.0},
    "llama3": LLAMA3_ROPE,
}


@pytest.mark.parametrize("kind", ROPES)
def test_angles_are_those_of_transformers(kind: str) -> None:
    """In the present form of the config and in the older one."""
    config = LlamaConfig(hidden_size=64, num_attention_heads=2, rope_parameters=ROPES[kind])
    cos, sin = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.arange(600)[None])
    older = {"rope_theta": ROPES[kind]["rope_theta"], "rope_scaling": {**ROPES[kind], "type": kind}}
    older["rope_scaling"].pop("rope_theta")
    for described in ({"rope_parameters": ROPES[kind]}, older):
        assert rope_type(described) == kind
        ours = rotary_tables(described, 32, 600)
        torch.testing.assert_close(ours[0][:, 0], cos[0], atol=2e-4, rtol=0)
        torch.testing.assert_close(ours[1][:, 0, 16:], sin[0, :, 16:], atol=2e-4, rtol=0)
        torch.testing.assert_close(ours[1][:, 0, :16], -sin[0, :, :16], atol=2e-4, rtol=0)


def test_other_kinds_are_left_to_transformers() -> None:
    """A scaling that is not known here is not computed as another one."""
    assert is_supported({"model_type": "llama"})
    assert not is_supported({"model_type": "llama", "rope_scaling": {"type": "yarn", "factor": 2}})
    assert not is_supported({"model_type": "llama", "quantization_config": {"bits": 4}})
    assert not is_supported({"model_type": "gemma2"})
