"""tts_async: asyncio-native test-time compute.

A small model with search beats a larger one. ``await solve("(9*12)-(41+66)")`` works with
nothing configured; ``Solver`` takes any generator, verifier and strategy.
"""

from tts_async.api import solve, solve_sync
from tts_async.errors import ConfigurationError, TTSError
from tts_async.solver import Solver
from tts_async.strategies import (
    DVTS,
    BeamSearch,
    BestOfN,
    ComputeOptimal,
    Context,
    Greedy,
    Majority,
    Policy,
    Selection,
    Strategy,
    make_strategy,
)
from tts_async.types.budget import Budget, Spend
from tts_async.types.events import Event
from tts_async.types.generation import Finish, GenerationRequest, Generator, Sampling, Step
from tts_async.types.node import Node
from tts_async.types.problem import Message, Problem
from tts_async.types.result import AnswerVotes, Candidate, Result
from tts_async.types.tree import Tree
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores, Verifier
from tts_async.version import __version__

__all__ = [
    "DVTS",
    "Aggregation",
    "AnswerVotes",
    "BeamSearch",
    "BestOfN",
    "Budget",
    "Candidate",
    "ComputeOptimal",
    "ConfigurationError",
    "Context",
    "Event",
    "Finish",
    "GenerationRequest",
    "Generator",
    "Greedy",
    "Majority",
    "Message",
    "Node",
    "Policy",
    "Problem",
    "Result",
    "Sampling",
    "ScoreRequest",
    "Selection",
    "Solver",
    "Spend",
    "Step",
    "StepScores",
    "Strategy",
    "TTSError",
    "Tree",
    "Verifier",
    "__version__",
    "make_strategy",
    "solve",
    "solve_sync",
]
