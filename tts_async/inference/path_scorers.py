"""Two ways to score the foremost paths of a line: incrementally, or each as a whole text.

Both take as many paths as make a batch (at least one) and return the scores of those, in order.

Step-wise search sends every path again with one more step, next to siblings that differ in that
step only. The incremental scorer keeps keys and values of recent paths, computes the tokens that
no earlier path had, once each, and takes the scores of known steps from memory. That changes
nothing about a score: what a token computes depends on the tokens before it and on nothing else.
"""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
import torch

from tts_async.inference.gathered_attention import GatheredAttention, Run, runs_of
from tts_async.inference.prefix_tree import PrefixTree, Slots
from tts_async.inference.reward_model import DecoderRewardModel, RewardModel

Scores = list[float]

UNKNOWN, PENDING = np.nan, -1.0
"""Instead of a token's score: nobody asked for it yet; it comes out of this batch."""


class MarkedPath(NamedTuple):
    """Token ids of a problem and its steps, and for each step the place of its score."""

    ids: tuple[int, ...]
    ends: tuple[int, ...]


class PathScorer(Protocol):
    """What the queue asks for its arithmetic; ``counts`` are added to its own."""

    counts: dict[str, int]

    def score(self, paths: Iterable[MarkedPath]) -> list[Scores]:
        """The scores of the foremost paths, as many as make a batch."""
        ...


class WholeTextScorer:
    """Every path from its first token, packed end to end up to ``max_batch_tokens``."""

    def __init__(self, model: RewardModel, *, max_batch_tokens: int) -> None:
        self.counts = {"computed_tokens": 0, "reused_tokens": 0}
        self._model = model
        self._max_batch_tokens = max_batch_tokens

    def score(self, paths: Iterable[MarkedPath]) -> list[Scores]:
        """As the protocol says."""
        batch: list[MarkedPath] = []
        tokens = 0
        for path in paths:
            if batch and tokens + len(path.ids) > self._max_batch_tokens:
                break
            batch.append(path)
            tokens += len(path.ids)
        self.counts["computed_tokens"] += tokens
        return self._model.score([path.ids for path in batch], [path.ends for path in batch])


class IncrementalScorer:
    """Only what is new, over the remembered rest; ``cache_tokens`` outlive a batch."""

    def __init__(
        self, model: DecoderRewardModel, *, max_batch_tokens: int, cache_tokens: int
    ) -> None:
        self.counts = {"computed_tokens": 0, "reused_tokens": 0}
        self._model = model
        self._max_batch_tokens = max_batch_tokens
        # One path may be longer than a batch should be, never longer than the context.
        room = max(max_batch_tokens, model.context_length)
        self._tree = PrefixTree(kept=cache_tokens, room=room)
        self._store = model.new_store(cache_tokens + room)
        # By slot, like the store.
        self._ids = np.zeros(cache_tokens + room, dtype=np.int64)
        self._scores = np.full(cache_tokens + room, UNKNOWN)

    @property
    def cached_tokens(self) -> int:
        """Tokens whose keys and values are in memory now."""
        return self._tree.used

    def score(self, paths: Iterable[MarkedPath]) -> list[Scores]:
        """As the protocol says; a batch is ``max_batch_tokens`` new tokens."""
        wanted: list[Slots] = []
        runs: list[Run] = []
        new = 0
        for path in paths:
            if wanted and new + self._tree.missing(path.ids) > self._max_batch_tokens:
                break
            slots, known = self._tree.insert(path.ids)
            self._ids[slots[known:]] = path.ids[known:]
            self._scores[slots[known:]] = UNKNOWN
            runs += runs_of(slots, known)
            runs += self._unscored(slots, path.ends, known)
            wanted.append(slots[list(path.ends)])
            self._scores[wanted[-1][np.isnan(self._scores[wanted[-1]])]] = PENDING
            new += len(slots) - known
            self.counts["reused_tokens"] += known
        self.counts["computed_tokens"] += new
        if runs:
            self._compute(runs)
        scores = [self._scores[slots].tolist() for slots in wanted]
        self._tree.trim()
        return scores

    def _unscored(self, slots: Slots, ends: Iterable[int], known: int) -> Iterable[Run]:
        """Known tokens where no step ended before: their states are gone, and computed again."""
        return (
            Run(slots[: end + 1], end)
            for end in set(ends)
            if end < known and np.isnan(self._scores[slots[end]])
        )

    @torch.inference_mode()
    def _compute(self, runs: list[Run]) -> None:
        """One pass over the new tokens; what it finds goes to the store and the scores."""
        runs.sort(key=lambda run: len(run.slots))
        slots = np.concatenate([run.slots[run.start :] for run in runs])
        positions = np.concatenate([np.arange(run.start, len(run.slots)) for run in runs])
        states = self._model.states(
            self._ids[slots], positions, GatheredAttention(self._store, runs)
        )
        ends = np.flatnonzero(self._scores[slots] == PENDING)
        self._scores[slots[ends]] = self._model.judge(states[ends])
