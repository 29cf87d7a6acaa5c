"""The algorithms: one file each, and the ``Context`` they are written against."""

from tts_async.strategies.beam_search import BeamSearch
from tts_async.strategies.best_of_n import BestOfN
from tts_async.strategies.compute_optimal import ComputeOptimal, Policy
from tts_async.strategies.context import Context, Resources, Settings
from tts_async.strategies.dvts import DVTS
from tts_async.strategies.greedy import Greedy
from tts_async.strategies.majority import Majority
from tts_async.strategies.protocol import Selection, Strategy
from tts_async.strategies.registry import (
    REFERENCE_STRATEGIES,
    STRATEGIES,
    make_strategy,
    name_of,
    needs_verifier,
)

__all__ = [
    "DVTS",
    "REFERENCE_STRATEGIES",
    "STRATEGIES",
    "BeamSearch",
    "BestOfN",
    "ComputeOptimal",
    "Context",
    "Greedy",
    "Majority",
    "Policy",
    "Resources",
    "Selection",
    "Settings",
    "Strategy",
    "make_strategy",
    "name_of",
    "needs_verifier",
]
