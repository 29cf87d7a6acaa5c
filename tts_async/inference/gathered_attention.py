"""Attention of new tokens over paths whose keys and values lie anywhere in one store.

The new tokens of a batch come in runs: consecutive tokens of one path, at most ``RUN`` of them,
packed one after the other. Each layer first writes what it has for all new tokens to the store, so
that a run may look at tokens that are computed in the same pass, its own or another run's. Then
the keys of each run's whole path are gathered, and one rule says what a query may see: the keys
at its own position and before.

Runs of similar length are gathered together, padded to the longest, up to ``GATHERED`` keys at a
time. Measured on a CPU: larger gathers fall out of its cache and cost twice as much, smaller ones
pay more for calling than for computing; cutting a long path into runs skips most of the upper
triangle, which makes whole paths as fast as the causal kernel on each of them. Padding costs in
attention only; all matrix products see real tokens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

RUN = 64
GATHERED = 2048
BLOCK = 16
"""Queries and keys are padded to such blocks: sums over them then round alike in any company."""


@dataclass(frozen=True, slots=True)
class Run:
    """New tokens at positions ``start`` to ``len(slots) - 1``; ``slots`` are the whole path's."""

    slots: NDArray[np.int64]
    start: int

    def __len__(self) -> int:
        return len(self.slots) - self.start


def runs_of(slots: NDArray[np.int64], start: int) -> Iterable[Run]:
    """The runs of a path whose tokens are new from ``start``."""
    for first in range(start, len(slots), RUN):
        yield Run(slots[: first + RUN], first)


class GatheredAttention:
    """An ``Attend`` for one batch of runs, in the order of the packed tokens.

    ``store`` is (layers, slots, 2, kv_heads, head_dim): keys and values side by side, so that one
    gather fetches both. Sort the runs by the length of their paths.
    """

    def __init__(self, store: Tensor, runs: Sequence[Run]) -> None:
        self._store = store
        self._new = torch.from_numpy(np.concatenate([run.slots[run.start :] for run in runs]))
        self._new = self._new.to(store.device)
        self._gathers = [_Gather(group, store) for group in _grouped(runs)]

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Rows beyond the runs' tokens (padding of the pass) are passed through."""
        tokens = len(self._new)
        store = self._store[layer]
        store[self._new] = torch.stack((k[:tokens], v[:tokens]), 1)
        sizes = [gather.tokens for gather in self._gathers]
        *parts, rest = torch.split(q, [*sizes, len(q) - tokens])
        mixed = [gather(part, store) for gather, part in zip(self._gathers, parts, strict=True)]
        return torch.cat([*mixed, rest])


class _Gather:
    """A few runs, padded: ``queries`` and ``keys`` index the packed rows and the store."""

    def __init__(self, runs: Sequence[Run], store: Tensor) -> None:
        lengths = np.array([len(run) for run in runs])
        self.tokens = int(lengths.sum())
        self._size = (len(runs), _rounded(lengths.max()), _rounded(len(runs[-1].slots)))
        _, queries, keys = self._size
        # Padding repeats the run's own last query and first key: whatever other paths left in
        # the store (or overflowed to) must not come near its sums.
        places = np.minimum(np.arange(queries), lengths[:, None] - 1)
        firsts = np.array([0, *accumulate(lengths[:-1])])
        positions = np.array([run.start for run in runs])[:, None] + places
        paths = np.stack([_padded(run.slots, keys) for run in runs])
        real = np.flatnonzero(np.arange(queries) < lengths[:, None])
        hidden = np.arange(keys) > positions[..., None]
        self._queries, self._keys, self._real, masked = (
            torch.from_numpy(array).to(store.device)
            for array in ((firsts[:, None] + places).ravel(), paths.ravel(), real, hidden[:, None])
        )
        mask = torch.zeros(masked.shape, dtype=store.dtype, device=store.device)
        self._mask = mask.masked_fill_(masked, -torch.inf)

    def __call__(self, q: Tensor, store: Tensor) -> Tensor:
        count, queries, keys = self._size
        gathered = store.index_select(0, self._keys).view(count, keys, *store.shape[1:])
        k, v = gathered.permute(2, 0, 3, 1, 4)
        query = q.index_select(0, self._queries).view(count, queries, *q.shape[1:])
        mixed = functional.scaled_dot_product_attention(
            query.transpose(1, 2), k, v, attn_mask=self._mask, enable_gqa=True
        )
        return mixed.transpose(1, 2).reshape(-1, *q.shape[1:]).index_select(0, self._real)


def _grouped(runs: Sequence[Run]) -> Iterable[Sequence[Run]]:
    first = 0
    for end, run in enumerate(runs):
        if first < end and (end + 1 - first) * len(run.slots) > GATHERED:
            yield runs[first:end]
            first = end
    yield runs[first:]


def _padded(slots: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    return np.concatenate([slots, np.full(length - len(slots), slots[0])])


def _rounded(length: int) -> int:
    return length + -length % BLOCK
