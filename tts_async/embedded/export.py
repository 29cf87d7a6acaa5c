"""Weights to and from folders that transformers and vLLM load as they are."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tts_async.embedded import PRM_AGGREGATION
from tts_async.embedded.model import LanguageModel, ModelConfig, RewardModel
from tts_async.embedded.tokenizer import BOS, EOS, PAD, STEP_SEPARATOR, save_tokenizer

__all__ = ["load_generator", "load_prm", "save_generator", "save_prm"]


def _shared_config(config: ModelConfig) -> dict[str, object]:
    return {
        "hidden_size": config.hidden,
        "intermediate_size": config.mlp,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.positions,
        "rope_theta": config.theta,
        "rms_norm_eps": config.epsilon,
        "hidden_act": "silu",
        "attention_dropout": 0.0,
        "initializer_range": 0.02,
        "use_cache": True,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        "torch_dtype": "bfloat16",
    }


def _write(folder: Path, config: dict[str, object], state: dict[str, Tensor], length: int) -> None:
    save_tokenizer(folder, max_length=length)
    _write_json(folder / "config.json", config)
    tensors = {name: tensor.detach().bfloat16().contiguous() for name, tensor in state.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def save_generator(model: LanguageModel, folder: Path) -> None:
    """Write a Llama folder; the output layer is the embedding, so it is not stored."""
    config = model.model.config
    settings = _shared_config(config) | {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "head_dim": config.head_dim,
        "attention_bias": config.qkv_bias,
        "mlp_bias": False,
        "tie_word_embeddings": True,
    }
    _write(folder, settings, model.state_dict(), config.positions)
    sampling: dict[str, object] = {
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        "do_sample": True,
        "temperature": 0.8,
        "top_p": 1.0,
        "top_k": 0,
    }
    _write_json(folder / "generation_config.json", sampling)


def save_prm(model: RewardModel, folder: Path) -> None:
    """Write a folder in the layout of Qwen2.5-Math-PRM."""
    config = model.model.config
    settings = _shared_config(config) | {
        "architectures": ["Qwen2ForProcessRewardModel"],
        "model_type": "qwen2",
        "num_labels": 2,
        "aggregation": PRM_AGGREGATION,
        "step_separator": "<extra_0>",
        "step_separator_id": STEP_SEPARATOR,
        "use_sliding_window": False,
        "tie_word_embeddings": False,
    }
    _write(folder, settings, model.state_dict(), config.positions)


def _read_config(folder: Path) -> ModelConfig:
    read = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return ModelConfig(
        hidden=read["hidden_size"],
        layers=read["num_hidden_layers"],
        heads=read["num_attention_heads"],
        kv_heads=read["num_key_value_heads"],
        mlp=read["intermediate_size"],
        qkv_bias=read["model_type"] == "qwen2",
        vocabulary=read["vocab_size"],
        positions=read["max_position_embeddings"],
        theta=read["rope_theta"],
        epsilon=read["rms_norm_eps"],
    )


def _read_state(folder: Path) -> dict[str, Tensor]:
    state = load_file(folder / "model.safetensors")
    return {name: tensor.to(torch.float32) for name, tensor in state.items()}


def load_generator(folder: Path) -> LanguageModel:
    """The training-time class with the weights of a folder, in float32."""
    model = LanguageModel(_read_config(folder))
    model.load_state_dict(_read_state(folder))
    return model.eval()


def load_prm(folder: Path) -> RewardModel:
    """The training-time class with the weights of a folder, in float32."""
    model = RewardModel(_read_config(folder))
    model.load_state_dict(_read_state(folder))
    return model.eval()
