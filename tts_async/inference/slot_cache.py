"""Keys and values of the sequences that run now, one row ("slot") each.

The running sequences always fill the first rows, so that a step reads a plain view and copies
nothing; the caller moves the last row into one that becomes free. Columns are added as sequences
grow: what a context of 32,768 positions would need is never allocated for answers of 200.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

COLUMNS = 64
"""Columns are added, and read, in such blocks: sums over them then round alike at any length."""


@dataclass(frozen=True, slots=True)
class CacheShape:
    """What one position of one sequence takes: layers x 2 x kv_heads x head_dim numbers."""

    layers: int
    kv_heads: int
    head_dim: int


class SlotCache:
    """Rows of ``keys`` and ``values``: (layers, rows, kv_heads, columns, head_dim)."""

    def __init__(
        self, shape: CacheShape, *, rows: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        # Zeros, not empty: a masked column weighs 0, and 0 times garbage may be NaN.
        size = (shape.layers, rows, shape.kv_heads, 0, shape.head_dim)
        self.keys = torch.zeros(size, dtype=dtype, device=device)
        self.values = torch.zeros_like(self.keys)
        self._rows = torch.arange(rows, device=device)

    def fill(self, row: int, keys: Tensor, values: Tensor) -> None:
        """Start a sequence with the keys and values (layers, kv_heads, length, head_dim)."""
        length = keys.shape[2]
        self._reserve(length)
        self.keys[:, row, :, :length] = keys
        self.values[:, row, :, :length] = values

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first ``length`` columns of one row over another."""
        self.keys[:, target, :, :length] = self.keys[:, source, :, :length]
        self.values[:, target, :, :length] = self.values[:, source, :, :length]

    def begin_step(self, positions: Tensor) -> "CacheStep":
        """Prepare to append one token to each of the first rows, at those columns."""
        columns = int(positions.max()) + 1
        columns += -columns % COLUMNS
        self._reserve(columns)
        return CacheStep(self, self._rows[: len(positions)], positions, columns)

    def _reserve(self, columns: int) -> None:
        missing = columns - self.keys.shape[3]
        if missing > 0:
            missing = max(missing + -missing % COLUMNS, self.keys.shape[3] // 2)
            padding = (0, 0, 0, missing)
            self.keys = torch.nn.functional.pad(self.keys, padding)
            self.values = torch.nn.functional.pad(self.values, padding)


class CacheStep:
    """One decoding step: appends a token per row, and shows what each row may look at."""

    def __init__(self, cache: SlotCache, rows: Tensor, positions: Tensor, columns: int) -> None:
        self.columns = columns
        self._cache, self._rows, self._positions = cache, rows, positions
        hidden = torch.arange(columns, device=positions.device) > positions[:, None]
        mask = torch.zeros(hidden.shape, dtype=cache.keys.dtype, device=positions.device)
        self.mask = mask.masked_fill_(hidden, -torch.inf)[:, None, None]
        """Additive, (rows, 1, 1, columns)."""

    def append(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Store k and v (rows, kv_heads, head_dim); returns all of (rows, kv_heads, columns, …)."""
        keys, values = self._cache.keys[layer], self._cache.values[layer]
        keys[self._rows, :, self._positions] = k
        values[self._rows, :, self._positions] = v
        rows = len(self._rows)
        return keys[:rows, :, : self.columns], values[:rows, :, : self.columns]
