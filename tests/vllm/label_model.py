"""A tiny random language model in the manner of RLHFlow's Llama3.1-8B-PRM, for a server to load.

Llama weights, a byte-level tokenizer with Llama 3's special tokens, and its chat template in short.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

NAME = "Llama3.1-8B-PRM-Deepseek-Data"
"""What its folder is called, by which its family is recognised."""

SPECIALS = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}"
    "{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim"
    " + '<|eot_id|>' }}{% endfor %}"
    "{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)


def save_label_model(folder: Path) -> Path:
    """Write the model and its tokenizer, ready to be served; the same weights every time."""
    letters = sorted(ByteLevel.alphabet())
    bytelevel = Tokenizer(BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    bytelevel.pre_tokenizer = ByteLevel(add_prefix_space=False)
    bytelevel.decoder = ByteLevelDecoder()
    bytelevel.add_special_tokens(SPECIALS)
    bos = bytelevel.token_to_id(SPECIALS[0])
    bytelevel.post_processor = TemplateProcessing(
        single=f"{SPECIALS[0]} $A", special_tokens=[(SPECIALS[0], bos)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bytelevel,
        bos_token=SPECIALS[0],
        eos_token=SPECIALS[3],
        chat_template=TEMPLATE,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        initializer_range=0.25,  # wide, so that the scores differ
        bos_token_id=bos,
        eos_token_id=bytelevel.token_to_id(SPECIALS[3]),
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@torch.inference_mode()
def literal_scores(
    folder: Path, problem: str, paths: Sequence[tuple[str, ...]]
) -> list[list[float]]:
    """As the model card does it: one conversation per step, looked at where "+" is predicted."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    labels = [tokenizer.encode(label)[-1] for label in "+-"]
    scores: list[list[float]] = []
    for steps in paths:
        scores.append([])
        conversation: list[dict[str, str]] = []
        for step in steps:
            text = step.removesuffix("\n\n")
            said = text if conversation else f"{problem} {text}"
            conversation.append({"role": "user", "content": said})
            conversation.append({"role": "assistant", "content": "+"})
            text = tokenizer.apply_chat_template(conversation, tokenize=False)
            ids = tokenizer.encode(text, add_special_tokens=False, return_tensors="pt")
            before_plus = model(ids).logits[0, -3]  # the last two are "+" and the end of the turn
            scores[-1].append(before_plus[labels].softmax(-1)[0].item())
    return scores
