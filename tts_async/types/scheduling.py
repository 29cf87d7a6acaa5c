"""The seam to whatever hands out capacity."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable


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


class Hold(Protocol):
    """Slots in use; who holds them says what was done with them."""

    work: float
    """Set it at the end: how much it was, in tokens or any other unit that stays the same."""


@dataclass(frozen=True, slots=True)
class ServerLoad:
    """How busy a server is: what it says, and how often it refused us (429, 503) so far.

    ``running`` and ``waiting`` in requests, all clients together; ``None`` where it does not tell.
    """

    running: int | None
    waiting: int | None
    overloads: int


@runtime_checkable
class Tells(Protocol):
    """A generator whose server can be asked how busy it is."""

    async def load(self) -> ServerLoad:
        """What it says; must not raise for what it does not tell."""
        ...


class Slots(Protocol):
    """The right to have some sequences in flight; a lane of the scheduler is this."""

    def slots(self, weight: int, urgency: Urgency) -> AbstractAsyncContextManager[Hold]:
        """Wait for ``weight`` slots and hold them while inside."""
        ...

    def borrow(self, weight: int, recall: Callable[[], object]) -> Any:
        """``weight`` slots if they are free and nobody waits, for work that can be interrupted.

        ``recall`` is called, at most once, when somebody wants them after all: it should end the
        work soon. What is returned stands for the loan; ``None`` means that there is no room.
        """
        ...

    def keep(self, loan: Any) -> None:
        """The work is wanted now: its slots are no longer recalled."""
        ...

    def give_back(self, loan: Any) -> None:
        """The work has ended; safe to repeat."""
        ...
