"""How problems and steps are laid out as prompts: one small class per way that has been published.

All these models are causal, so one question describes them all: *what is the prompt that ends with
this step?* The step's score is read at the prompt's last token. Prompts of the same path grow: the
ids for some steps are the beginning of the ids for those steps and more, so one pass over the
longest gives the scores of all.

Steps come without the empty line that ends them. A layout is data; anything that has ``prompt``
and can be pickled is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tts_async.inference.families.pieces import Bos, Chat, Piece, Prompt, Text, Token
from tts_async.inference.wire import Conversation


class Layout(Protocol):
    """The one thing that a layout knows."""

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """The prompt that ends with the last of at least one step.

        ``conversation``: pairs of role and content that end with the problem.
        """
        ...


@dataclass(frozen=True)
class ChatSteps:
    """The problem in the chat template; in the assistant's turn, steps with a token after each."""

    separator: Token | Text

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        return (Chat(conversation), *_separated(steps, self.separator))


@dataclass(frozen=True)
class TextSteps:
    """The problem as text, no template; then steps with a separator after each."""

    separator: Token | Text
    after_problem: str = ""

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        problem = Text(as_text(conversation) + self.after_problem)
        return (Bos(), problem, *_separated(steps, self.separator))


@dataclass(frozen=True)
class TextLines:
    """The problem and the steps as lines, each ended by the newline's own token.

    A step of several lines is scored at the end of its last.
    """

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        lines = "\n".join(steps).split("\n")
        return (Bos(), Text(as_text(conversation) + "\n"), *_separated(lines, Text("\n")))


@dataclass(frozen=True)
class RunningText:
    """Problem and steps as one text, a tag after every step, a line for each."""

    tag: str

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        tagged = "\n".join(f"{step} {self.tag}" for step in steps)
        return (Bos(), Text(f"{as_text(conversation)} {tagged}"))


@dataclass(frozen=True)
class Dialogue:
    """The user says a step at a time, the first with the problem; the assistant judges each.

    The prompt ends where the next judgement is due, ``verdict`` being what was said so far.
    """

    verdict: str

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        *earlier, (role, problem) = conversation
        turns = [(role, f"{problem} {steps[0]}")]
        for step in steps[1:]:
            turns += [("assistant", self.verdict), (role, step)]
        return (Chat((*earlier, *turns)),)


@dataclass(frozen=True)
class WholeAnswer:
    """The problem and the answer so far as two turns of a chat; one score for all of it."""

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """As ``Layout`` says."""
        answer = ("assistant", "\n\n".join(steps))
        return (Chat((*conversation, answer), is_open=False),)


def as_text(conversation: Conversation) -> str:
    """A conversation for models that know no chat: its turns' contents, a line break between."""
    return "\n".join(content for _, content in conversation)


def _separated(steps: Sequence[str], separator: Piece) -> Prompt:
    return tuple(piece for step in steps for piece in (Text(step), separator))
