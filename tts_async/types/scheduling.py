"""The seam to whatever hands out capacity."""

from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class Urgency(NamedTuple):
    """Who goes first, most important key first; the smaller tuple wins.

    ``priority`` is the user's class (lower first). ``age`` is the problem's place in the order of
    admission, so that problems finish one after the other instead of all advancing together.
    ``height`` is minus the depth in the tree: within a problem the deepest goes first.
    """

    priority: int
    age: int
    height: int


class Slots(Protocol):
    """The right to have some sequences in flight; a lane of the scheduler is this."""

    def slots(self, weight: int, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        """Wait for ``weight`` slots and hold them while inside."""
        ...
