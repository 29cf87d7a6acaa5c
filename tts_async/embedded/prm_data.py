"""Labelled steps for the verifier: corrupted solutions first, then the generator's own slips.

The label of a step is local: is it right given the line before it? Exact, free, and far easier
to learn than "is the solution still on track" (that stalled at a step AUC of 0.67 in a trial).
"""

# ruff: noqa: PLR2004, S311 (a seeded mixture; its shares are the recipe)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from tokenizers import Tokenizer
from torch import Tensor

from tts_async.embedded.arithmetic import (
    LARGEST,
    check_steps,
    final_step,
    line_after,
    next_step,
    right_steps,
    training_stream,
)
from tts_async.embedded.batches import IGNORED, bucket, pad_right
from tts_async.embedded.expressions import Expression, Operation, evaluate, parse, render
from tts_async.embedded.model import LanguageModel
from tts_async.embedded.rollout import sample_steps
from tts_async.embedded.tokenizer import PAD, STEP_SEPARATOR, build_tokenizer, prompt_ids

__all__ = ["Labelled", "corrupted", "on_policy", "prm_batches", "prm_input"]

DELIMITER = "\n\n"
_TAMPERED = "0123456789+-*()"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer with a label per step."""

    text: str
    expression: str
    steps: list[str]
    labels: list[bool]


def prm_input(prompt: Sequence[int], steps: Iterable[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Ids (prompt, then each step and its separator) and the positions of the separators."""
    ids, positions = list(prompt), []
    for step in steps:
        ids += [*step, STEP_SEPARATOR]
        positions.append(len(ids) - 1)
    return ids, positions


def corrupted(seed: int, *, rate: float = 0.3) -> Iterator[Labelled]:
    """Endless teacher solutions with that share of their steps tampered with.

    Half of the time the teacher carries on from the tampered line (so the next step is right),
    else from the line that should have been there (so the next step is wrong too).
    """
    rng = Random(f"corrupted/{seed}")
    for example in training_stream(seed):
        minimal = example.expression != render(parse(example.expression) or 0)
        steps = list(_tampered(example.expression, rng, rate, minimal=minimal))
        labels = check_steps(example.expression, steps)
        yield Labelled(example.text, example.expression, steps, labels)


def _tampered(line: str, rng: Random, rate: float, *, minimal: bool) -> Iterator[str]:
    expression = parse(line)
    number = 1
    while isinstance(expression, Operation):
        step, expression = next_step(expression, number, rng, minimal=minimal)
        if rng.random() < rate:
            step = _tamper(step, rng)
            if rng.random() < 0.5:
                expression = line_after(step)
        yield step
        number += 1
        if expression is not None and not 0 <= evaluate(expression) <= LARGEST:
            return
    if expression is not None:
        final = final_step(expression)
        yield _tamper(final, rng) if rng.random() < rate / 3 else final


def _tamper(step: str, rng: Random) -> str:
    """Change one character: mostly a digit for another, sometimes a drop or a doubling."""
    place = rng.choice([i for i, c in enumerate(step) if c in _TAMPERED])
    kind = rng.random()
    if step[place].isdigit() and kind < 0.8:
        new = str(rng.randrange(10))
    else:
        new = "" if kind < 0.9 else step[place] * 2
    return step[:place] + new + step[place + 1 :]


def on_policy(
    model: LanguageModel, *, seed: int, problems: int, count: int, temperature: float
) -> list[Labelled]:
    """The generator's own answers to training problems, labelled by the reducer."""
    examples = list(islice(training_stream(seed), problems))
    sampled = sample_steps(
        model, [e.text for e in examples], count=count, temperature=temperature, seed=seed
    )
    return [
        Labelled(example.text, example.expression, steps, check_steps(example.expression, steps))
        for example, answers in zip(examples, sampled, strict=True)
        for steps in answers
        if steps
    ]


def right_until(line: Expression | None, number: int, step: str) -> int:
    """How many characters of a wrong step could still have become a right one."""
    if line is None:
        return 0
    return max(_common(step, right) for right in right_steps(line, number))


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _row(tokenizer: Tokenizer, item: Labelled) -> tuple[list[int], list[int]]:
    """Ids and a label for every token of the answer: can what is written so far be right?

    Only the separators count when the model is used. The labels of the tokens before them say
    where a step went wrong, and with them the model learns in a fraction of the time.
    """
    ids = prompt_ids(tokenizer, item.text)
    targets = [IGNORED] * len(ids)
    line = parse(item.expression)
    for number, (step, label) in enumerate(zip(item.steps, item.labels, strict=True), 1):
        encoding = tokenizer.encode(step.removesuffix(DELIMITER))
        good = len(step) if label else right_until(line, number, step)
        ids += [*encoding.ids, STEP_SEPARATOR]
        targets += [int(end <= good) for _, end in encoding.offsets] + [int(label)]
        line = line_after(step)
    return ids, targets


def prm_batches(
    items: Iterable[Labelled], *, tokens: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs and labels (0, 1, or ignored in the prompt and the padding)."""
    tokenizer = build_tokenizer()
    rows = (_row(tokenizer, item) for item in items)
    for batch in bucket(rows, lambda row: len(row[0]), tokens=tokens, rng=Random(seed), pool=512):
        yield (
            pad_right([ids for ids, _ in batch], PAD),
            pad_right([targets for _, targets in batch], IGNORED),
        )
