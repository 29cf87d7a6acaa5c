"""Many samples from a generator at once, for training the verifier and for measuring.

Static batches with a key-value cache: prompts are padded on the left, so all rows share one
column, and finished rows are dropped from time to time. (The library's own local generator does
continuous batching; a training script only wants throughput.)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tts_async.embedded.model import LanguageModel
from tts_async.embedded.tokenizer import EOS, PAD, VOCABULARY, build_tokenizer, prompt_ids
from tts_async.steps import split_steps

__all__ = ["continue_ids", "sample_steps"]

_COMPACT_EVERY = 8
_COMPACT_BELOW = 0.85


@torch.inference_mode()
def continue_ids(
    model: LanguageModel,
    prompts: Sequence[Sequence[int]],
    *,
    temperature: float,
    random: torch.Generator,
    limit: int = 440,
    stop: str | None = None,
) -> list[list[int]]:
    """One continuation per prompt, up to EOS or the token `stop` (both kept) or `limit` tokens."""
    ends = torch.tensor([EOS] + ([VOCABULARY[stop]] if stop else []))
    width = max(map(len, prompts))
    padding = torch.tensor([width - len(prompt) for prompt in prompts])
    ids = torch.tensor([[PAD] * (width - len(prompt)) + list(prompt) for prompt in prompts])
    rows = torch.arange(len(prompts))
    written: list[list[int]] = [[] for _ in prompts]
    limit = min(limit, model.model.config.positions - width)
    cache = model.model.new_cache(len(prompts), width + limit)
    start = 0
    for count in range(limit):
        hidden = model.model(ids, padding=padding, cache=cache, start=start)[:, -1]
        start += ids.shape[1]
        chosen = _choose(hidden @ model.model.embed_tokens.weight.T, temperature, random)
        for row, token in zip(rows.tolist(), chosen.tolist(), strict=True):
            if row >= 0:
                written[row].append(token)
        ended = torch.isin(chosen, ends)
        rows = torch.where(ended, -1, rows)
        alive = rows >= 0
        if not bool(alive.any()):
            break
        if count % _COMPACT_EVERY == 0 and float(alive.float().mean()) < _COMPACT_BELOW:
            rows, chosen, padding = rows[alive], chosen[alive], padding[alive]
            cache = [(keys[alive], values[alive]) for keys, values in cache]
        ids = chosen[:, None]
    return written


def _choose(logits: Tensor, temperature: float, random: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(-1)
    # Gumbel's trick: the largest of logits plus Gumbel noise is a sample of their softmax.
    noise = torch.rand(logits.shape, generator=random).clamp_(1e-20).log_().neg_().log_()
    return (logits / temperature - noise).argmax(-1)


def sample_steps(
    model: LanguageModel,
    questions: Sequence[str],
    *,
    count: int,
    temperature: float,
    seed: int,
    batch: int = 768,
) -> list[list[list[str]]]:
    """`count` answers per question, each a list of steps; an answer without EOS has no end."""
    tokenizer = build_tokenizer()
    random = torch.Generator().manual_seed(seed)
    prompts = [prompt_ids(tokenizer, question) for question in questions]
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    jobs = [index for index in order for _ in range(count)]
    answers: list[list[list[str]]] = [[] for _ in questions]
    for begin in range(0, len(jobs), batch):
        part = jobs[begin : begin + batch]
        found = continue_ids(
            model, [prompts[index] for index in part], temperature=temperature, random=random
        )
        for index, ids in zip(part, found, strict=True):
            text = tokenizer.decode([i for i in ids if i != EOS], skip_special_tokens=False)
            answers[index].append(list(split_steps(text)))
    return answers
