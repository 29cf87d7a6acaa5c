"""What crosses the pipe between a local generator or verifier and its child process."""

from collections.abc import Iterable
from dataclasses import dataclass

from tts_async.types.generation import Sampling
from tts_async.types.problem import Message

Conversation = tuple[tuple[str, str], ...]
"""Pairs of role and content; hashable, since the ids of a prompt are remembered."""

STATISTICS = "statistics"
"""A call for the child's own numbers."""


@dataclass(frozen=True, slots=True)
class Ask:
    """``n`` continuations of one path; ``path_ids`` win over ``path_text``."""

    conversation: Conversation
    path_text: str
    path_ids: tuple[int, ...]
    n: int
    stop: str | None
    sampling: Sampling
    seed: int
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class ScoreCall:
    """Paths to score: of each the conversation and its steps. A low ``priority`` goes first."""

    paths: tuple[tuple[Conversation, tuple[str, ...]], ...]
    priority: int


def as_conversation(messages: Iterable[Message]) -> Conversation:
    """Messages in the form that crosses the pipe."""
    return tuple((message["role"], message["content"]) for message in messages)
