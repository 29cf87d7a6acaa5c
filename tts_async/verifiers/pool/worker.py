"""The seam between the pool and whatever runs a reward model."""

from collections.abc import Sequence
from typing import Any, Protocol

from tts_async.types.verification import Aggregation, ScoreRequest, StepScores


class PoolWorker(Protocol):
    """One reward model somewhere: a process here (``LocalVerifier``), another machine, an actor.

    A worker has lives. ``start`` begins one and is called again after a death; ``attempt`` belongs
    to the life it was made in. When a life ends, every ``attempt`` in flight raises
    ``BrokenWorker`` before the next ``start`` returns: that is all the pool needs to lose nothing.
    """

    capacity: int

    @property
    def aggregation(self) -> Aggregation | None:
        """How step scores should become one number, once that is known."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it takes calls now."""
        ...

    @property
    def pid(self) -> int | None:
        """Its process id, if it has one here."""
        ...

    @property
    def context_length(self) -> int | None:
        """Positions of the model, once that is known."""
        ...

    async def start(self) -> None:
        """Load the model, unless it is; raises ``VerifierUnavailable`` with the reason."""
        ...

    async def attempt(self, requests: Sequence[ScoreRequest]) -> Sequence[StepScores]:
        """One list per request; raises ``BrokenWorker`` when the worker dies under it.

        What it raises otherwise is about the requests. Cancelling drops the work.
        """
        ...

    async def statistics(self) -> Any:
        """Its own numbers."""
        ...

    async def aclose(self) -> None:
        """End it, in the middle of loading too; safe to call twice."""
        ...
