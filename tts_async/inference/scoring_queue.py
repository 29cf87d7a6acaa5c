"""The queue of a verifier: paths of all problems and calls, scored in micro-batches.

Each turn the scorer takes as many of the foremost unscored paths as make a batch: by priority, then
by arrival. Nothing has to be sorted by length for that, so the line stays fair. Equal paths are
scored once, and recent ones are remembered: search over short steps is full of twins.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tts_async.inference.path_scorers import MarkedPath, PathScorer, Scores
from tts_async.lru import LruDict


@dataclass(eq=False, slots=True)
class Query:
    """One call: its paths, and the scores that are known so far. A low ``priority`` goes first."""

    id: int
    paths: Sequence[MarkedPath]
    priority: int = 0
    known: dict[MarkedPath, Scores] = field(default_factory=dict)
    missing: int = 0

    @property
    def scores(self) -> list[Scores]:
        """One list per path, in the order asked."""
        return [self.known[path] for path in self.paths]


class ScoringQueue:
    """Collects queries and answers them batch by batch."""

    def __init__(self, scorer: PathScorer, *, remembered: int = 8192) -> None:
        self._counts = {"batches": 0, "paths": 0, "tokens": 0, "remembered": 0}
        self._scorer = scorer
        self._memory: LruDict[MarkedPath, Scores] = LruDict(remembered)
        self._line: dict[MarkedPath, list[Query]] = {}

    @property
    def counts(self) -> dict[str, int]:
        """What was done so far, by the queue and by its scorer."""
        return self._counts | self._scorer.counts

    @property
    def waiting(self) -> int:
        """Different paths that wait for their scores."""
        return len(self._line)

    def add(self, query: Query) -> bool:
        """Put a query in line; True when everything it asks is known already."""
        for path in dict.fromkeys(query.paths):
            if not path.ends:  # no steps, no scores
                query.known[path] = []
            elif path in self._memory:
                self._counts["remembered"] += 1
                query.known[path] = self._memory[path]
            else:
                self._line.setdefault(path, []).append(query)
                query.missing += 1
        return query.missing == 0

    def cancel(self, query_id: int) -> None:
        """Forget a query, and the paths that nobody else asked for."""
        for path, queries in list(self._line.items()):
            queries[:] = [query for query in queries if query.id != query_id]
            if not queries:
                del self._line[path]

    def step(self) -> list[Query]:
        """Score one micro-batch; the queries that are complete now."""
        if not self._line:
            return []
        line = sorted(self._line, key=self._priority)  # stable: by arrival
        scores = self._scorer.score(line)
        batch = line[: len(scores)]
        self._counts["batches"] += 1
        self._counts["paths"] += len(batch)
        self._counts["tokens"] += sum(len(path.ids) for path in batch)
        complete = []
        for path, own in zip(batch, scores, strict=True):
            self._memory[path] = own
            for query in self._line.pop(path):
                query.known[path] = own
                query.missing -= 1
                if query.missing == 0:
                    complete.append(query)
        return complete

    def _priority(self, path: MarkedPath) -> int:
        return min(query.priority for query in self._line[path])
