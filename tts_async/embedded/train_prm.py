"""Train the process reward model on a language model's trunk.

    python -m tts_async.embedded.train_prm --trunk DIR --generator DIR --seed 0 --out DIR

The trunk is a language model of the same task: its hidden states already say which digit should
come next. Two new layers and a head learn to compare that with what is there, on the generator's
own answers mixed with tampered teacher solutions; first with the trunk frozen, then with all of
it (`--start` and `--unfreeze`).
"""

# ruff: noqa: S311, T201 (a command that prints its progress; seeded shuffles)

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import torch
from torch import nn
from torch.nn import functional

from tts_async.embedded.batches import IGNORED
from tts_async.embedded.descent import descend
from tts_async.embedded.export import load_generator, load_prm, save_prm
from tts_async.embedded.model import LanguageModel, RewardModel
from tts_async.embedded.optimizer import Optimizer
from tts_async.embedded.prm_data import Labelled, corrupted, on_policy, prm_batches
from tts_async.embedded.tokenizer import STEP_SEPARATOR, VOCABULARY

__all__ = ["grow", "train_prm"]

NEW_LAYERS = 2


def grow(trunk: LanguageModel, *, layers: int = NEW_LAYERS) -> RewardModel:
    """A reward model whose first layers are the trunk's, frozen."""
    config = trunk.model.config
    model = RewardModel(replace(config, layers=config.layers + layers, qkv_bias=True))
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and module.bias is not None and "score" not in name:
            nn.init.zeros_(module.bias)
    model.model.load_state_dict(trunk.model.state_dict(), strict=False)
    with torch.no_grad():
        # The trunk knows the end of a step as the blank line; the separator stands in its place.
        embedding = model.model.embed_tokens.weight
        embedding[STEP_SEPARATOR] = embedding[VOCABULARY["\n\n"]]
    model.model.embed_tokens.requires_grad_(False)
    model.model.layers[: config.layers].requires_grad_(False)
    return model


def _mixture(own: list[Labelled], seed: int, share: float) -> Iterator[Labelled]:
    """The generator's answers, each a few times, and that share of tampered ones in between."""
    rng, tampered = Random(f"mixture/{seed}"), corrupted(seed + 1)
    while True:
        rng.shuffle(own)
        for item in own:
            yield item
            while rng.random() < share:
                yield next(tampered)


def train_prm(
    model: RewardModel,
    items: Iterator[Labelled],
    *,
    steps: int,
    seed: int,
    tokens: int = 6144,
    matrix_rate: float = 0.02,
    other_rate: float = 2e-3,
) -> None:
    """Train what is not frozen, in place."""
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = Optimizer(
        trained, steps=steps, matrix_rate=matrix_rate, other_rate=other_rate, fall=0.7
    )

    def loss_of(ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(ids)
        flat = targets.flatten()
        losses = functional.cross_entropy(
            logits.float().flatten(0, 1), flat, ignore_index=IGNORED, reduction="none"
        )
        at_separator = (ids == STEP_SEPARATOR).flatten()
        # Half of the loss at the separators, which are few, half at the other tokens.
        return 0.5 * (
            (losses * at_separator).sum() / at_separator.sum()
            + (losses * ~at_separator).sum() / ((flat != IGNORED) & ~at_separator).sum()
        )

    step_loss = torch.compile(loss_of, dynamic=True)
    batches = prm_batches(items, tokens=tokens, seed=seed)
    descend(step_loss, batches, optimizer, steps=steps)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trunk", type=Path, required=True, help="a generator's folder")
    parser.add_argument("--generator", type=Path, required=True, help="whose slips to learn")
    parser.add_argument("--start", type=Path, help="carry on with this reward model instead")
    parser.add_argument("--warm-up", type=int, default=800, help="steps on tampered solutions")
    parser.add_argument("--steps", type=int, default=1200, help="steps with the generator's own")
    parser.add_argument("--problems", type=int, default=4000)
    parser.add_argument("--samples", type=int, default=4, help="answers per problem")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--unfreeze", action="store_true", help="train the trunk too, gently")
    parser.add_argument("--rate", type=float, default=0.02, help="Muon's; AdamW's is an eighth")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = grow(load_generator(options.trunk))
    if options.start:
        model.load_state_dict(load_prm(options.start).state_dict())
    if options.warm_up:
        train_prm(model, corrupted(options.seed), steps=options.warm_up, seed=options.seed)
        save_prm(model, options.out)
    if options.steps:
        own = on_policy(
            load_generator(options.generator),
            seed=options.seed + 1,
            problems=options.problems,
            count=options.samples,
            temperature=options.temperature,
        )
        right = [label for item in own for label in item.labels]
        print(f"{len(own)} answers, {sum(right) / len(right):.3f} of their steps right", flush=True)
        mixed = _mixture(own, options.seed, share=0.4)
        if options.unfreeze:
            model.requires_grad_(True)
        train_prm(
            model,
            mixed,
            steps=options.steps,
            seed=options.seed + 1,
            matrix_rate=options.rate,
            other_rate=options.rate / 8,
        )
    save_prm(model, options.out)


if __name__ == "__main__":
    main()
