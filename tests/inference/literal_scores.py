"""The slow way, as the model cards tell it: one step at a time, alone, in transformers' classes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedTokenizerFast,
)

QWEN_SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."


def qwen_math(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """Two numbers at every separator; the softmax's second is the score."""
    tokenizer, weights = PreTrainedTokenizerFast.from_pretrained(folder), load_file(folder / SAVED)
    trunk = AutoModel.from_pretrained(folder).eval()
    turns = [{"role": "system", "content": QWEN_SYSTEM}, {"role": "user", "content": problem}]
    ids = chat(tokenizer, turns, add_generation_prompt=True)
    scores = []
    for step in steps:
        ids += [*plain(tokenizer, step), tokenizer.convert_tokens_to_ids("<extra_0>")]
        state = trunk(torch.tensor([ids])).last_hidden_state[0, -1]
        inner = (weights["score.0.weight"] @ state + weights["score.0.bias"]).relu()
        labels = weights["score.2.weight"] @ inner + weights["score.2.bias"]
        scores.append(float(labels.softmax(-1)[1]))
    return scores


def rlhflow(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """A turn "+" after each step; two places before it ends the model chose it against "-"."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    candidates = [tokenizer.encode("+")[-1], tokenizer.encode("-")[-1]]
    turns: list[dict[str, str]] = []
    scores = []
    for number, step in enumerate(steps):
        turns += [
            {"role": "user", "content": step if number else f"{problem} {step}"},
            {"role": "assistant", "content": "+"},
        ]
        logits = network(torch.tensor([chat(tokenizer, turns)])).logits[0, -3, candidates]
        scores.append(float(logits.softmax(-1)[0]))
    return scores


def math_shepherd(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """The tag after every step, and what follows it: "+" or "-"."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    candidates = tokenizer.encode("+ -", add_special_tokens=False)
    tag = tokenizer.encode("ки", add_special_tokens=False)[-1]
    assert len(candidates) == 2
    text = problem + " " + "\n".join(f"{step} ки" for step in steps)
    ids = torch.tensor([[tokenizer.bos_token_id, *plain(tokenizer, text)]])
    scores = network(ids).logits[:, :, candidates].softmax(-1)[:, :, 0]
    found: list[float] = scores[ids == tag].tolist()
    return found


def skywork(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """Every line ends with the newline's id; the value there through a sigmoid."""
    tokenizer, weights = PreTrainedTokenizerFast.from_pretrained(folder), load_file(folder / SAVED)
    network = AutoModelForCausalLM.from_pretrained(folder).eval()
    ids = tokenizer.encode(tokenizer.bos_token) + plain(tokenizer, problem + "\n")
    newline = tokenizer.encode("\n")[-1]
    scores = []
    for step in steps:
        for line in step.split("\n"):
            ids += [*plain(tokenizer, line), newline]
        state = network(torch.tensor([ids]), output_hidden_states=True).hidden_states[-1][0, -1]
        value = weights["v_head.summary.weight"] @ state + weights["v_head.summary.bias"]
        scores.append(float(value.sigmoid()))
    return scores


def trl(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """Prompt and steps tokenised apart, the separator after each step; class 1 at its end."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = AutoModelForTokenClassification.from_pretrained(folder).eval()
    ids = plain(tokenizer, problem)
    scores = []
    for step in steps:
        ids += plain(tokenizer, step) + tokenizer.encode("\n", add_special_tokens=False)
        logits = network(torch.tensor([ids])).logits[0, -1]
        scores.append(float(logits.softmax(-1)[1]))
    return scores


def outcome(folder: Path, problem: str, steps: Sequence[str]) -> list[float]:
    """One number for the whole answer stands for all of its steps."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    turns = [
        {"role": "user", "content": problem},
        {"role": "assistant", "content": "\n\n".join(steps)},
    ]
    logits: Tensor = network(torch.tensor([chat(tokenizer, turns)])).logits[0]
    return [float(logits.sigmoid()[0])] * len(steps)


SAVED = "model.safetensors"
LITERAL: dict[str, Callable[[Path, str, Sequence[str]], list[float]]] = {
    "qwen-math-prm": qwen_math,
    "rlhflow": rlhflow,
    "math-shepherd": math_shepherd,
    "skywork": skywork,
    "trl": trl,
    "outcome": outcome,
}


def plain(tokenizer: Any, text: str) -> list[int]:
    """Ids of a text in which a special token's name is a text like any other."""
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    return ids


def chat(tokenizer: Any, turns: list[dict[str, str]], **options: bool) -> list[int]:
    """Ids of a conversation."""
    ids: list[int] = tokenizer.apply_chat_template(turns, return_dict=False, **options)
    return ids
