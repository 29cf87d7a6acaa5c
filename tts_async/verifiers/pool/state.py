"""What a pool tells about its workers."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ready", "retrying", "loading", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatistics:
    """One worker of a pool.

    ``state``: ``ready`` for calls; ``retrying`` what was in flight when it died; ``loading``; or
    ``lost``, when it could not be started again (``reason``), which is still tried once a minute.
    ``in_flight`` paths are in its hands, ``restarts`` counts its deaths. ``scoring`` are the
    worker's own numbers since it started (``LocalVerifierStatistics``), ``None`` while it is down.
    """

    device: str
    pid: int | None
    state: State
    in_flight: int
    restarts: int
    reason: str | None
    scoring: Any
