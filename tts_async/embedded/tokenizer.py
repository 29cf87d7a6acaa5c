"""The character tokenizer of the embedded models, as files that transformers and vLLM load.

112 tokens: seven specials, the fixed phrases of an answer (the step delimiter is one token, so a
step always ends on a token boundary), every printable ASCII character, tab, carriage return and
newline. Encoding ASCII text and decoding it again is the identity, whole or token by token; any
other character becomes `<unk>`.
"""

from __future__ import annotations

import json
import string
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

__all__ = [
    "ASSISTANT",
    "BOS",
    "EOS",
    "PAD",
    "STEP_SEPARATOR",
    "USER",
    "VOCABULARY",
    "build_tokenizer",
    "prompt_ids",
    "save_tokenizer",
]

SPECIALS = ("<pad>", "<s>", "</s>", "<unk>", "<|user|>", "<|assistant|>", "<extra_0>")
PAD, BOS, EOS, UNK, USER, ASSISTANT, STEP_SEPARATOR = range(len(SPECIALS))
PHRASES = (
    "\n\n",
    "## Step ",
    ": ",
    " = ",
    "Therefore, the final answer is: $\\boxed{",
    "}$.",
    "What is ",
)
_PRINTABLE = string.digits + string.ascii_letters + string.punctuation + " "
VOCABULARY: dict[str, int] = {
    token: index for index, token in enumerate((*SPECIALS, *_PRINTABLE, "\n", "\r", "\t", *PHRASES))
}

# System messages are skipped: the models never saw any, and every client sends one.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<|user|>' + message['content'] | trim }}"
    "{% elif message['role'] == 'assistant' %}"
    "{{ '<|assistant|>' + message['content'] + eos_token }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def build_tokenizer() -> Tokenizer:
    """A byte-level BPE without merges; phrases are added tokens, so they are matched first.

    Why not a word-level model with a regular expression: transformers loads every folder whose
    `model_type` is qwen2 (the PRM's) with its own class, which keeps vocabulary and added tokens
    of a byte-level BPE and replaces everything else.
    """
    bytes_of = {"\n": "\u010a", "\r": "\u010d", "\t": "\u0109", " ": "\u0120"}
    vocabulary = {
        bytes_of.get(token, token): index
        for token, index in VOCABULARY.items()
        if token not in PHRASES
    }
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token=SPECIALS[UNK]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIALS])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False) for t in PHRASES])
    return tokenizer


def prompt_ids(tokenizer: Tokenizer, question: str) -> list[int]:
    """What the chat template gives for one user message, generation prompt included."""
    return [BOS, USER, *tokenizer.encode(question.strip()).ids, ASSISTANT]


def save_tokenizer(folder: Path, *, max_length: int) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja."""
    folder.mkdir(parents=True, exist_ok=True)
    build_tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "TokenizersBackend",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": max_length,
        "chat_template": CHAT_TEMPLATE,
    }
    text = json.dumps(config, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")
