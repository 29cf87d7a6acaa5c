"""The loop that every model is trained with: a batch, a loss, a step, now and then a line."""

# ruff: noqa: T201 (it prints its progress)

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import torch

LossFunction = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
REPORT_EVERY = 50


class Stepper(Protocol):
    """Applies the gradients and clears them; any optimizer with its schedule is one."""

    def step(self) -> None:
        """One step."""
        ...


def print_line(line: str) -> None:
    """One line on stdout, at once also where stdout is a file."""
    print(line, flush=True)


def descend(
    loss_of: LossFunction,
    batches: Iterator[tuple[torch.Tensor, torch.Tensor]],
    optimizer: Stepper,
    *,
    steps: int,
    after_step: Callable[[int], None] = lambda _: None,
    tell: Callable[[str], None] = print_line,
) -> None:
    """Take ``steps`` optimizer steps; tells a smoothed loss and the tokens per second so far."""
    begin, seen, running = time.perf_counter(), 0, 0.0
    for step in range(1, steps + 1):
        ids, targets = next(batches)
        loss = loss_of(ids, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seen += ids.numel()
        running += (loss.item() - running) * max(0.02, 1 / step)
        if step % REPORT_EVERY == 0 or step == steps:
            rate = seen / (time.perf_counter() - begin)
            tell(f"step {step} loss {running:.4f} tokens/s {rate:,.0f}")
        after_step(step)
