"""The seam to whatever hands out capacity."""

from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol


class Urgency(NamedTuple):
    """Who asks, and how much it matters; smaller numbers first.

    ``priority`` is the user's class: a class waits until those before it have nothing waiting.
    Within a class, tenants take turns in proportion to what they use. Within a ``tenant``, ``age``
    is the problem's place in the order of admission, so that problems finish one after the other
    instead of all advancing together, and ``height`` is minus the depth in the tree: within a
    problem the deepest goes first.
    """

    priority: int
    age: int
    height: int
    tenant: str = ""


class Slots(Protocol):
    """The right to have some sequences in flight; a lane of the scheduler is this."""

    def slots(self, weight: int, urgency: Urgency) -> AbstractAsyncContextManager[None]:
        """Wait for ``weight`` slots and hold them while inside."""
        ...
