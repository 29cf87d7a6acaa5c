"""What several replicas are at, in numbers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ReplicaStatistics:
    """One replica at one moment.

    ``down`` is why it gets nothing, ``None`` when it is up; ``in_flight`` counts sequences,
    ``failures`` requests that had to go elsewhere; ``detail`` are the generator's own statistics.
    """

    name: str
    down: str | None
    capacity: int
    in_flight: int
    pinned: int
    failures: int
    detail: Any = None


@dataclass(frozen=True, slots=True)
class ReplicatedStatistics:
    """All replicas; ``failovers`` are requests that were answered only after a replica failed."""

    replicas: tuple[ReplicaStatistics, ...]
    failovers: int
