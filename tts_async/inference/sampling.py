"""Drawing tokens so that a draw depends on its seed and place only, never on its neighbours.

A generator object would advance with every draw and so tie each sequence to the others in the
batch. Instead the uniform number for (seed, index, position) is a hash of the three (splitmix64),
and the token is the inverse of the cumulative distribution at that number.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

GAMMA = np.uint64(0x9E3779B97F4A7C15)
UNIFORM_BITS = 32  # few enough that u times a total stays below the total in float64


def sequence_keys(seed: int, indices: range) -> NDArray[np.uint64]:
    """One key per continuation of a request."""
    return _mix(_mix(np.uint64(seed & (2**64 - 1))) + np.asarray(indices, dtype=np.uint64) * GAMMA)


def uniforms(keys: NDArray[np.uint64], positions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Numbers in [0, 1), one for each key at its position."""
    with np.errstate(over="ignore"):
        bits = _mix(keys + (positions.astype(np.uint64) + np.uint64(1)) * GAMMA)
    return (bits >> np.uint64(64 - UNIFORM_BITS)) * np.float64(2.0**-UNIFORM_BITS)


def choose(logits: Tensor, u: Tensor, temperature: Tensor, top_p: Tensor) -> Tensor:
    """One token id per row; temperature 0 is the most likely one.

    ``logits`` is (rows, vocabulary); the others are (rows,), in float64.
    """
    likeliest = logits.argmax(-1)
    greedy = temperature == 0.0
    if bool(greedy.all()):
        return likeliest
    scale = torch.where(greedy, 1.0, temperature)[:, None]
    weights = torch.softmax(logits.double() / scale, -1)
    if bool((top_p < 1.0).any()):
        weights = _nucleus(weights, top_p)
    cumulative = weights.cumsum(-1)
    target = u[:, None] * cumulative[:, -1:]
    drawn = torch.searchsorted(cumulative, target, right=True)[:, 0]
    return torch.where(greedy, likeliest, drawn)


def logprobs_of(ids: Tensor, logits: Tensor) -> Tensor:
    """The log-probability of one token id per row, (rows,), in float64.

    Of the model's own distribution: temperature and ``top_p`` do not touch it.
    """
    return torch.log_softmax(logits.double(), -1).gather(-1, ids[:, None])[:, 0]


def _nucleus(weights: Tensor, top_p: Tensor) -> Tensor:
    """Keep the likeliest tokens up to and including the one that reaches ``top_p``."""
    ordered, order = weights.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    kept = torch.where(before < top_p[:, None], ordered, 0.0)
    kept[:, 0] = ordered[:, 0]
    return torch.zeros_like(weights).scatter_(-1, order, kept)


def _mix(x: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014)."""
    with np.errstate(over="ignore"):
        z = np.asarray(x, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
