"""A problem to solve: immutable, identified by what it says."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from tts_async.errors import ConfigurationError

Role = Literal["system", "user", "assistant"]


class Message(TypedDict):
    """One turn of a conversation, in the vocabulary of the chat APIs."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One question, asked once.

    ``id`` names the problem in seeds, events and files; it defaults to a digest of the text, so
    the same text with the same seed gives the same search. ``answer`` is the reference answer
    where one is known (evaluation only: no strategy reads it). ``history`` holds earlier turns of
    a conversation, system prompt included; when it has none, the solver's own is used.
    ``priority``: lower runs first. ``tenant``: on whose behalf; within a priority, tenants share
    the machines evenly, however many problems each has. ``deadline``: seconds from its admission
    until a result must be there; then the best answer so far counts. ``metadata`` travels into the
    result untouched.

    Raises ``ConfigurationError`` when the text is empty.
    """

    text: str
    id: str = ""
    answer: str | None = None
    history: tuple[Message, ...] = ()
    priority: int = 0
    tenant: str = ""
    deadline: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ConfigurationError(
                f"problem: expected a string, got {type(self.text).__name__}; pass its text"
            )
        if not self.text.strip():
            raise ConfigurationError("problem: the text is empty; pass the question to solve")
        if self.deadline is not None and not self.deadline > 0:
            raise ConfigurationError(
                f"problem.deadline: must be positive seconds, got {self.deadline}"
            )
        if not self.id:
            object.__setattr__(self, "id", _digest(self.text))

    def messages(self, system_prompt: str | None) -> list[Message]:
        """The conversation to send: system prompt, earlier turns, then the problem itself."""
        turns: list[Message] = list(self.history)
        if system_prompt and not any(turn["role"] == "system" for turn in turns):
            turns.insert(0, Message(role="system", content=system_prompt))
        return [*turns, Message(role="user", content=self.text)]


def as_problem(problem: "str | Problem") -> Problem:
    """A ``Problem`` from either form that the public functions take."""
    return problem if isinstance(problem, Problem) else Problem(problem)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
