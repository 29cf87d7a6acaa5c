"""Muon for the hidden matrices, AdamW for everything else.

At this scale Muon (orthogonalised momentum; Jordan et al. 2024, "Muon: an optimizer for hidden
layers in neural networks") learns in minutes what AdamW alone takes hours for. Matrices of one
shape are orthogonalised together: with matrices this small, the calls cost more than the sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["Optimizer", "orthogonalise"]


def orthogonalise(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Push the singular values of a stack of matrices towards 1 (quintic Newton-Schulz)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices / (matrices.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    for _ in range(iterations):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x  # type: ignore[no-any-return]


class Optimizer:
    """Both rules under one schedule: a short warm-up, a plateau, a linear fall to zero."""

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        *,
        steps: int,
        matrix_rate: float = 0.02,
        other_rate: float = 3e-3,
        decay: float = 0.01,
        fall: float = 0.6,
    ) -> None:
        matrices: dict[tuple[int, ...], list[nn.Parameter]] = defaultdict(list)
        others = []
        for name, parameter in named:
            if parameter.ndim > 1 and ".layers." in name:
                matrices[tuple(parameter.shape)].append(parameter)
            else:
                others.append(parameter)
        self._groups = list(matrices.values())
        self._momentum = [torch.zeros(len(g), *g[0].shape) for g in self._groups]
        self._others = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0)
        self._rates = (matrix_rate, other_rate)
        self._decay, self._steps, self._fall, self._done = decay, steps, fall, 0

    def factor(self) -> float:
        """What the rates are multiplied with at the present step."""
        warm = min(1.0, (self._done + 1) / 50)
        left = (self._steps - self._done) / (self._steps * self._fall)
        return min(warm, 1.0, max(left, 0.0))

    @torch.no_grad()
    def step(self) -> None:
        """Apply the gradients and clear them."""
        factor = self.factor()
        for group, momentum in zip(self._groups, self._momentum, strict=True):
            gradients = torch.stack([p.grad for p in group if p.grad is not None])
            momentum.lerp_(gradients, 0.05)
            update = orthogonalise(gradients.lerp(momentum, 0.95))
            rows, columns = group[0].shape
            rate = self._rates[0] * factor
            for parameter, change in zip(group, update, strict=True):
                parameter.mul_(1 - rate * self._decay)
                parameter.add_(change, alpha=-rate * max(1.0, rows / columns) ** 0.5)
                parameter.grad = None
        for settings in self._others.param_groups:
            settings["lr"] = self._rates[1] * factor
        self._others.step()
        self._others.zero_grad(set_to_none=True)
        self._done += 1
