"""A process reward model without the model: one micro-batch at a time."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.fleet.costs import VerifierCosts
from benchmarks.fleet.prefix_cache import PrefixCache
from benchmarks.fleet.stopwatch import Stopwatch


@dataclass(eq=False, slots=True)
class Query:
    """One path: digest and tokens of its nodes, the prompt first, and whose call it is."""

    nodes: Sequence[tuple[int, int]]
    call: int
    done: asyncio.Future[None]


@dataclass(slots=True)
class ScoringTotals:
    """What a verifier did; ``busy`` in simulated seconds."""

    paths: int = 0
    tokens: int = 0
    batches: int = 0
    busy: float = 0.0


class ScoringDevice:
    """Takes what has arrived, first come first served, up to a number of tokens to compute.

    ``reuse``: a token that was computed for an earlier path with the same beginning costs
    nothing. ``merge``: paths of different calls may share a batch. Cancelled calls leave the line.
    """

    def __init__(
        self, costs: VerifierCosts, clock: Stopwatch, *, reuse: bool = True, merge: bool = True
    ) -> None:
        self.totals = ScoringTotals()
        self.history: list[tuple[float, float]] = []
        """Begin and end of every batch."""
        self._costs = costs
        self._clock = clock
        self._merge = merge
        self._cache = PrefixCache(costs.cache_tokens) if reuse else None
        self._line: deque[Query] = deque()
        self._calls = 0
        self._busy = False

    async def score(self, paths: Sequence[Sequence[tuple[int, int]]]) -> None:
        """Until all of these paths have their scores."""
        loop = asyncio.get_running_loop()
        self._calls += 1
        queries = [Query(nodes, self._calls, loop.create_future()) for nodes in paths]
        self._line.extend(queries)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._start)  # after everybody who wakes up now has asked
        try:
            for query in queries:
                await query.done
        finally:
            for query in queries:
                query.done.cancel()

    def _start(self) -> None:
        batch: list[Query] = []
        tokens = 0
        while self._line:
            query = self._line[0]
            if query.done.cancelled():
                self._line.popleft()
                continue
            if batch and not self._merge and query.call != batch[0].call:
                break
            known = self._known(query.nodes)
            new = sum(tokens for _, tokens in query.nodes[known:])
            if batch and tokens + new > self._costs.max_batch_tokens:
                break
            self._line.popleft()
            batch.append(query)
            tokens += new
            self._remember(query.nodes[known:], query.nodes[known - 1][0] if known else None)
        self._busy = bool(batch)
        if not batch:
            return
        seconds, now = self._costs.batch(tokens), self._clock.now()
        self.totals.paths += len(batch)
        self.totals.tokens += tokens
        self.totals.batches += 1
        self.totals.busy += seconds
        self.history.append((now, now + seconds))
        self._clock.call_at(now + seconds, lambda _: self._finish(batch))

    def _finish(self, batch: Sequence[Query]) -> None:
        for query in batch:
            if not query.done.done():
                query.done.set_result(None)
        asyncio.get_running_loop().call_soon(self._start)

    def _known(self, nodes: Sequence[tuple[int, int]]) -> int:
        """How many of a path's nodes are remembered, from its beginning."""
        if self._cache is None:
            return 0
        for index in range(len(nodes) - 1, -1, -1):
            if nodes[index][0] in self._cache:
                self._cache.hit(nodes[index][0], 1)
                return index + 1
        return 0

    def _remember(self, nodes: Sequence[tuple[int, int]], parent: int | None) -> None:
        if self._cache is None:
            return
        for digest, tokens in nodes:
            self._cache.add(digest, parent, tokens)
            parent = digest
