"""Tiny random models of every family: the published classes, heads and special tokens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import nn
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen2ForSequenceClassification,
    Qwen2ForTokenClassification,
    Qwen2Model,
)

HIDDEN = 48
SIZES: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "num_key_value_heads": 1,
    "max_position_embeddings": 2048,
    "initializer_range": 0.2,  # far from uniform, so that a wrong token changes the score
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 256,
}
CORPUS = [
    "What is the sum of 12 and 30? Please reason step by step. ки + - ки + ки - +-",
    "Step 1: We add the tens, 10+30 = 40. Step 2: then 40+2 = 42. The answer is: 42 ки",
    "system user assistant You are a helpful assistant. Cutting Knowledge Date",
]
CHATML = (
    "{% if messages[0].role != 'system' %}{{ '<|im_start|>system\\nYou are a helpful assistant."
    "<|im_end|>\\n' }}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + "
    "m.content + '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
LLAMA3 = (
    "{{ bos_token }}{{ '<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: "
    "December 2023\\nToday Date: 26 Jul 2024\\n\\n<|eot_id|>' }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim + "
    "'<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
QWEN_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<extra_0>")
LLAMA_TOKENS = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")


def byte_level_tokenizer(special: tuple[str, ...]) -> Tokenizer:
    """As Qwen's and Llama 3's: pieces of words over bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def sentence_piece_tokenizer() -> Tokenizer:
    """As Mistral's: a mark for every space and one in front, no words, unknown bytes as tokens."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=120, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False
    )
    tokenizer.train_from_iterator([word for text in CORPUS for word in text.split()] * 3, trainer)
    state = json.loads(tokenizer.to_str())
    vocabulary = state["model"]["vocab"]
    vocabulary |= {f"<0x{byte:02X}>": len(vocabulary) + byte for byte in range(256)}
    state["model"]["byte_fallback"] = True
    return Tokenizer.from_str(json.dumps(state))


def save_tokenizer(folder: Path, tokenizer: Tokenizer, **settings: str) -> int:
    """Write the files of a tokenizer; the size of its vocabulary."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return int(tokenizer.get_vocab_size())


def save_network(
    folder: Path, network: PreTrainedModel, architecture: str, **head: torch.Tensor
) -> Path:
    """Write weights and config; ``head`` holds what the network's class does not know."""
    network.save_pretrained(folder)
    if head:
        weights = {name: t.contiguous() for name, t in network.state_dict().items()}
        if isinstance(network, Qwen2Model):
            weights = {f"model.{name}": tensor for name, tensor in weights.items()}
        named = {name.replace("__", "."): tensor for name, tensor in head.items()}
        save_file(weights | named, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = [architecture]
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def randomised(network_class: type[PreTrainedModel], config: PreTrainedConfig) -> PreTrainedModel:
    """A network of this class, seeded, with biases that are not zero."""
    torch.manual_seed(3)
    network = network_class(config)
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.2)
    return network


def qwen_config(folder: Path, **settings: Any) -> Qwen2Config:
    """A Qwen2 of that size, its tokenizer saved to the folder."""
    size = save_tokenizer(
        folder,
        byte_level_tokenizer(QWEN_TOKENS),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=CHATML,
        **({"bos_token": settings.pop("bos")} if "bos" in settings else {}),
    )
    return Qwen2Config(**SIZES, vocab_size=size, pad_token_id=0, **settings)


def save_qwen_math(folder: Path) -> Path:
    """Qwen2.5-Math-PRM: a head of two layers that transformers does not know."""
    network = randomised(Qwen2Model, qwen_config(folder))
    return save_network(
        folder,
        network,
        "Qwen2ForProcessRewardModel",
        score__0__weight=torch.randn(HIDDEN, HIDDEN) / 7,
        score__0__bias=torch.randn(HIDDEN),
        score__2__weight=torch.randn(2, HIDDEN) / 7,
        score__2__bias=torch.randn(2),
    )


def save_rlhflow(folder: Path) -> Path:
    """Llama3.1-8B-PRM: an ordinary language model, with Llama 3.1's stretched positions."""
    size = save_tokenizer(
        folder,
        byte_level_tokenizer(LLAMA_TOKENS),
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        chat_template=LLAMA3,
    )
    config = LlamaConfig(**SIZES, vocab_size=size, rope_parameters=LLAMA3_ROPE)
    return save_network(folder, randomised(LlamaForCausalLM, config), "LlamaForCausalLM")


def save_math_shepherd(folder: Path) -> Path:
    """Math-Shepherd: a language model of the first Mistral's kind."""
    size = save_tokenizer(folder, sentence_piece_tokenizer(), bos_token="<s>", eos_token="</s>")
    config = MistralConfig(**SIZES, vocab_size=size, sliding_window=4096, head_dim=16)
    return save_network(folder, randomised(MistralForCausalLM, config), "MistralForCausalLM")


def save_skywork(folder: Path) -> Path:
    """Skywork-o1-Open-PRM: a language model with a value head beside it."""
    network = randomised(Qwen2ForCausalLM, qwen_config(folder, bos="<|endoftext|>"))
    return save_network(
        folder,
        network,
        "Qwen2ForPrmModel",
        v_head__summary__weight=torch.randn(1, HIDDEN) / 7,
        v_head__summary__bias=torch.randn(1),
    )


def save_trl(folder: Path) -> Path:
    """What TRL's trainer saves."""
    config = qwen_config(folder, num_labels=2)
    network = randomised(Qwen2ForTokenClassification, config)
    return save_network(folder, network, "Qwen2ForTokenClassification")


def save_outcome(folder: Path) -> Path:
    """An outcome reward model with one output."""
    config = qwen_config(folder, num_labels=1)
    network = randomised(Qwen2ForSequenceClassification, config)
    return save_network(folder, network, "Qwen2ForSequenceClassification")


SAVERS: dict[str, Callable[[Path], Path]] = {
    "qwen-math-prm": save_qwen_math,
    "rlhflow": save_rlhflow,
    "math-shepherd": save_math_shepherd,
    "skywork": save_skywork,
    "trl": save_trl,
    "outcome": save_outcome,
}
