"""Many searches, one generator, one verifier: who goes next."""

from tts_async.scheduler.core import LaneCore, State, Statistics, Ticket
from tts_async.scheduler.lane import Lane

__all__ = ["Lane", "LaneCore", "State", "Statistics", "Ticket"]
