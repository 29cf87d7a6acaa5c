"""What stands in line: a request for slots."""

import enum
from dataclasses import dataclass, field

from tts_async.types.scheduling import Urgency


class State(enum.Enum):
    """The life of a ticket."""

    WAITING = "waiting"
    HELD = "held"
    RELEASED = "released"


@dataclass(eq=False, slots=True)
class Ticket:
    """One request for ``weight`` slots; ``held`` of them are its own now, or ``recalled``.

    ``work``: what was done with them, as their holder says.
    """

    weight: int
    urgency: Urgency
    state: State = field(default=State.WAITING)
    held: int = 0
    recalled: bool = False
    work: float = 0.0


@dataclass(slots=True)
class Traffic:
    """What went through a lane in some time: ``work`` of ``sequences`` that came to their end.

    ``saturated``: something waited for slots at every moment.
    """

    sequences: int = 0
    work: float = 0.0
    saturated: bool = True
