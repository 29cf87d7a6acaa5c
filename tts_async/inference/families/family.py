"""A family of reward models as a declaration: everything that tells it from the others, as data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tts_async.inference.families.layouts import Layout
from tts_async.inference.families.pieces import Prompt
from tts_async.inference.wire import Conversation
from tts_async.types.verification import Aggregation


@dataclass(frozen=True)
class Head:
    """From the hidden state of a prompt's last token to a score in [0, 1].

    ``layers`` are linear layers by the names of their weights, with ReLU between. One number that
    comes out is a logit, and its sigmoid the score. Of several the softmax is taken, and the
    score is that of number ``positive``. ``labels`` keeps only the outputs of these texts, each a
    single token: the next-token distribution, restricted to the words of a verdict.
    """

    layers: tuple[str, ...]
    positive: int = 1
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Family:
    """How models of one family are recognised, what they read, and where their score is.

    ``layout`` writes the prompts, ``head`` reads the scores. ``aggregation`` is what suits the
    labels it was trained with. ``system_prompt`` is said when the conversation has no system turn.
    ``architectures`` are patterns for ``config.json``; ``names`` are regular expressions for
    parts of a repository's or folder's name, for families whose architecture says nothing.
    ``is_outcome``: one score for the answer as a whole, not one per step.
    """

    name: str
    layout: Layout
    head: Head
    aggregation: Aggregation = "last"
    system_prompt: str | None = None
    architectures: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    is_outcome: bool = False

    def prompt(self, conversation: Conversation, steps: Sequence[str]) -> Prompt:
        """The prompt whose last token carries the score of the last of these steps.

        ``conversation``: pairs of role and content that end with the problem. ``steps``: at least
        one, none empty, without the delimiter that ends it.
        """
        if self.system_prompt and not any(role == "system" for role, _ in conversation):
            conversation = (("system", self.system_prompt), *conversation)
        return self.layout.prompt(conversation, steps)

    def allows(self, architectures: Sequence[str]) -> bool:
        """Whether what a config says does not speak against this family."""
        if not architectures or not self.architectures:
            return True
        return self.has_architecture(architectures)

    def has_architecture(self, architectures: Sequence[str]) -> bool:
        """Whether what a config says speaks for this family."""
        return any(
            fnmatchcase(architecture, pattern)
            for architecture in architectures
            for pattern in self.architectures
        )

    def is_named(self, name: str) -> bool:
        """Whether a model's name speaks for this family."""
        return any(re.search(pattern, name, re.IGNORECASE) for pattern in self.names)
