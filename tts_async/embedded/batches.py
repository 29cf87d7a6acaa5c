"""Training text to length-bucketed batches of token ids.

Answers differ threefold in length. Sorting a pool of examples by length and cutting it into
batches of about equal token counts wastes few pads, and lengths rounded up to a multiple of 32
keep the number of shapes (and so of compilations) small.
"""

# ruff: noqa: S311 (shuffling of training data, not secrets)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import TypeVar

import torch
from torch import Tensor

from tts_async.embedded.arithmetic import Example
from tts_async.embedded.tokenizer import EOS, PAD, build_tokenizer, prompt_ids

__all__ = ["IGNORED", "bucket", "generator_batches", "pad_right"]

IGNORED = -100
"""The target of positions without a loss."""

T = TypeVar("T")


def bucket(
    items: Iterable[T],
    length: Callable[[T], int],
    *,
    tokens: int,
    rng: Random,
    pool: int = 2048,
) -> Iterator[list[T]]:
    """Group a stream into lists of similar length, `tokens` padded tokens at most in each."""
    stream = iter(items)
    while chunk := list(islice(stream, pool)):
        chunk.sort(key=length)
        groups: list[list[T]] = []
        while chunk:
            rounded = -(-length(chunk[-1]) // 32) * 32
            count = max(1, tokens // rounded)
            groups.append(chunk[-count:])
            del chunk[-count:]
        rng.shuffle(groups)
        yield from groups


def pad_right(rows: Sequence[Sequence[float]], fill: int) -> Tensor:
    """Stack rows, filled up to a common multiple of 32."""
    width = -(-max(map(len, rows)) // 32) * 32
    return torch.tensor([[*row, *[fill] * (width - len(row))] for row in rows])


def generator_batches(
    examples: Iterable[Example], *, tokens: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and next-token targets; the prompt has no loss."""
    tokenizer = build_tokenizer()

    def rows() -> Iterator[tuple[list[int], list[int]]]:
        for example in examples:
            prompt = prompt_ids(tokenizer, example.text)
            answer = [*tokenizer.encode("".join(example.steps)).ids, EOS]
            ids = prompt + answer
            yield ids[:-1], [IGNORED] * (len(prompt) - 1) + answer

    batches = bucket(rows(), lambda row: len(row[0]), tokens=tokens, rng=Random(seed))
    for batch in batches:
        yield (
            pad_right([inputs for inputs, _ in batch], PAD),
            pad_right([targets for _, targets in batch], IGNORED),
        )
