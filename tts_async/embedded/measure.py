"""Measure the embedded models on held-out problems.

    python -m tts_async.embedded.measure --generator DIR --prm DIR --problems 200

One pool of samples per problem gives every N by sub-sampling without overlap: with a pool of 64,
N=4 is the mean over 16 disjoint groups. Beam search and DVTS: `tts-async eval arithmetic`.
"""

# ruff: noqa: T201 (a command that prints a table)

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch

from tts_async.embedded.arithmetic import LEVELS, ArithmeticProblem, check_steps, held_out
from tts_async.embedded.export import load_generator, load_prm
from tts_async.embedded.model import LanguageModel, RewardModel
from tts_async.embedded.prm_data import DELIMITER, prm_input
from tts_async.embedded.rollout import sample_steps
from tts_async.embedded.tokenizer import PAD, build_tokenizer, prompt_ids
from tts_async.step_metrics import area_under_curve

__all__ = ["Answer", "answer_of", "measure", "problems_of_all_levels", "score"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One sample: what it answers (`None`: nothing), the product of its scores, is it right."""

    value: str | None
    score: float
    right: bool


def problems_of_all_levels(count: int, seed: int = 0) -> list[ArithmeticProblem]:
    """The same number of held-out problems from each level."""
    each = -(-count // len(LEVELS))
    return [problem for level in LEVELS for problem in held_out(level, each, seed)]


def answer_of(steps: Sequence[str]) -> str | None:
    """The boxed number of a finished answer."""
    last = steps[-1] if steps else ""
    start = last.find("\\boxed{")
    return last[start + 7 : -3] if start >= 0 and last.endswith("}$.") else None


@torch.inference_mode()
def score(
    prm: RewardModel, questions: Sequence[str], answers: Sequence[Sequence[str]], batch: int = 256
) -> list[list[float]]:
    """The probability that each step is right, per answer."""
    tokenizer = build_tokenizer()
    inputs = []
    for question, steps in zip(questions, answers, strict=True):
        encoded = [tokenizer.encode(step.removesuffix(DELIMITER)).ids for step in steps]
        inputs.append(prm_input(prompt_ids(tokenizer, question), encoded))
    scores: list[list[float]] = [[] for _ in inputs]
    order = sorted(range(len(inputs)), key=lambda index: len(inputs[index][0]))
    limit = prm.model.config.positions
    for begin in range(0, len(order), batch):
        part = order[begin : begin + batch]
        width = min(limit, max(len(inputs[index][0]) for index in part))
        rows = [inputs[index][0][:width] for index in part]
        ids = torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows])
        right = prm(ids).softmax(-1)[..., 1]
        for row, index in enumerate(part):
            scores[index] = [float(right[row, p]) if p < width else 0.0 for p in inputs[index][1]]
    return scores


def _vote(answers: Sequence[Answer], weight: Callable[[Answer], float]) -> bool:
    weights: dict[str, float] = defaultdict(float)
    for answer in answers:
        if answer.value is not None:
            weights[answer.value] += weight(answer)
    if not weights:
        return False
    winner = max(weights, key=lambda value: weights[value])
    return any(answer.right for answer in answers if answer.value == winner)


RULES: dict[str, Callable[[Sequence[Answer]], bool]] = {
    "majority": lambda answers: _vote(answers, lambda _: 1.0),
    "best-of-n": lambda answers: max(answers, key=lambda a: a.score).right,
    "weighted": lambda answers: _vote(answers, lambda a: a.score),
    "oracle": lambda answers: any(a.right for a in answers),
}


def measure(
    generator: LanguageModel,
    prm: RewardModel | None,
    problems: Sequence[ArithmeticProblem],
    *,
    pool: int = 64,
    temperature: float = 0.8,
    seed: int = 0,
) -> dict[str, float]:
    """Print a table and return its figures; the standard error is over problems."""
    questions = [problem.text for problem in problems]
    figures: dict[str, float] = {}

    def report(name: str, values: Sequence[float]) -> None:
        figures[name] = mean(values)
        error = math.sqrt(figures[name] * (1 - figures[name]) / len(values))
        print(f"{name:16s} {100 * mean(values):5.1f} ± {100 * error:.1f}", flush=True)

    greedy = sample_steps(generator, questions, count=1, temperature=0, seed=seed)
    hits = [answer_of(a[0]) == p.answer for a, p in zip(greedy, problems, strict=True)]
    report("greedy", hits)
    for level in sorted({p.level for p in problems}):
        of_level = [h for h, p in zip(hits, problems, strict=True) if p.level == level]
        report(f"  level {level}", of_level)
    if pool == 0:
        return figures
    samples = sample_steps(generator, questions, count=pool, temperature=temperature, seed=seed)
    flat = [(p, steps) for p, answers in zip(problems, samples, strict=True) for steps in answers]
    scores = [[1.0] * len(steps) for _, steps in flat]
    if prm is not None:
        scores = score(prm, [p.text for p, _ in flat], [steps for _, steps in flat])
        labels = [check_steps(p.expression, steps) for p, steps in flat]
        flat_scores = [s for row in scores for s in row]
        curve = area_under_curve(flat_scores, [x for row in labels for x in row])
        if curve is not None:
            figures["auc"] = curve
            print(f"step AUC {curve:.4f} over {len(flat_scores):,} steps", flush=True)
    pooled = [
        Answer(answer_of(steps), math.prod(row), answer_of(steps) == p.answer)
        for (p, steps), row in zip(flat, scores, strict=True)
    ]
    report(
        "pass@1",
        [mean(float(a.right) for a in pooled[i : i + pool]) for i in range(0, len(pooled), pool)],
    )
    for n in (n for n in (4, 16, 64) if n <= pool):
        for rule, decide in RULES.items():
            if prm is None and rule in ("best-of-n", "weighted"):
                continue
            report(
                f"{rule}@{n}",
                [
                    mean(float(decide(pooled[j : j + n])) for j in range(i, i + pool, n))
                    for i in range(0, len(pooled), pool)
                ],
            )
    return figures


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--prm", type=Path)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--pool", type=int, default=64, help="samples per problem; 0: greedy only")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    measure(
        load_generator(options.generator),
        load_prm(options.prm) if options.prm else None,
        problems_of_all_levels(options.problems, options.seed),
        pool=options.pool,
        temperature=options.temperature,
        seed=options.seed,
    )


if __name__ == "__main__":
    main()
