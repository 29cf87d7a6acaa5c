r"""A model of random weights whose tokens reach over the ends of steps.

The embedded tokenizer has one token for the delimiter and none that contains it, which is kind.
Real ones have tokens such as ``".\n\nSo"``, where a step ends in the middle of a token. Here every
tenth token is of that sort, and random weights draw all of them alike.
"""

import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789.,:+-*()=?SA Ċ"  # Ċ is how byte level writes \n
SPACE = "Ġ"
MERGES = (
    ("Ċ", "Ċ"),
    (".", "ĊĊ"),
    ("S", "o"),
    (".ĊĊ", "So"),
    ("ĊĊ", "So"),
    ("ĊĊ", "Ċ"),
    ("ĊĊ", "ĊĊ"),
    (":", "Ċ"),
    ("Ċ", "A"),
)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
)


def save_merging_model(folder: Path) -> Path:
    """Write it into ``folder``, ready to be served."""
    torch.manual_seed(0)
    tokenizer = _make_tokenizer()
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "</s>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1024,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def _make_tokenizer() -> Tokenizer:
    letters = ALPHABET.replace(" ", SPACE)
    pieces = ["</s>", *letters, *("".join(pair) for pair in MERGES)]
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, list(MERGES)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("</s>", special=True, normalized=False)])
    return tokenizer
