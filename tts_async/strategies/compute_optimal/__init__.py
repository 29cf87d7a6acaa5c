"""Compute-optimal search: the strategy by the difficulty of the problem."""

from tts_async.strategies.compute_optimal.policy import (
    Choice,
    Difficulty,
    HeldOut,
    Measure,
    Policy,
    PolicyRow,
    Provenance,
    StrategyName,
)
from tts_async.strategies.compute_optimal.published import PUBLISHED
from tts_async.strategies.compute_optimal.strategy import ComputeOptimal

__all__ = [
    "PUBLISHED",
    "Choice",
    "ComputeOptimal",
    "Difficulty",
    "HeldOut",
    "Measure",
    "Policy",
    "PolicyRow",
    "Provenance",
    "StrategyName",
]
