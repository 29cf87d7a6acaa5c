"""Many searches, one generator, one verifier: who goes next."""

from tts_async.scheduler.core import LaneCore, Statistics
from tts_async.scheduler.lane import Lane
from tts_async.scheduler.ticket import State, Ticket
from tts_async.scheduler.tuner import Tuner

__all__ = ["Lane", "LaneCore", "State", "Statistics", "Ticket", "Tuner"]
