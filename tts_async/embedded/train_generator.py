"""Train a generator from scratch.

    python -m tts_async.embedded.train_generator --size small --steps 2000 --seed 0 --out DIR

Steps, not minutes, decide what comes out: the same seed gives the same weights on the same
machine, however busy it is.
"""

# ruff: noqa: T201 (a command that prints its progress)

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional

from tts_async.embedded.arithmetic import training_stream
from tts_async.embedded.batches import IGNORED, generator_batches
from tts_async.embedded.descent import descend
from tts_async.embedded.export import save_generator
from tts_async.embedded.model import SIZES, LanguageModel
from tts_async.embedded.optimizer import Optimizer

__all__ = ["train_generator"]


def train_generator(
    *,
    size: str,
    steps: int,
    seed: int,
    out: Path,
    tokens: int = 4096,
    compiled: bool = True,
    save_every: int = 0,
    varied: bool = False,
) -> LanguageModel:
    """Train and export; `tokens` is the padded size of a batch."""
    torch.manual_seed(seed)
    model = LanguageModel(SIZES[size])
    optimizer = Optimizer(model.named_parameters(), steps=steps)
    count = sum(p.numel() for p in model.parameters())
    print(
        f"{size}: {count:,} parameters, {steps} steps of {tokens} tokens, seed {seed}", flush=True
    )

    def loss_of(ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(ids)
        return functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED
        )

    step_loss = torch.compile(loss_of, dynamic=True) if compiled else loss_of
    batches = generator_batches(training_stream(seed, varied=varied), tokens=tokens, seed=seed)

    def save_now_and_then(step: int) -> None:
        if save_every and step % save_every == 0:
            save_generator(model, out)

    descend(step_loss, batches, optimizer, steps=steps, after_step=save_now_and_then)
    save_generator(model, out)
    return model


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=0)
    parser.add_argument(
        "--varied", action="store_true", help="operations in any order and in parts (for the trunk)"
    )
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train_generator(
        size=options.size,
        steps=options.steps,
        seed=options.seed,
        out=options.out,
        compiled=not options.no_compile,
        save_every=options.save_every,
        varied=options.varied,
    )


if __name__ == "__main__":
    main()
