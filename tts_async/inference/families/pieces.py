"""What a reward model's prompt is made of: data that any tokenizer can turn into ids.

A prompt is a tuple of pieces; its ids are those of its pieces, one after the other. Whoever has a
tokenizer (a folder here, a server's ``/tokenize``) knows how to write four kinds of them, and
need not know a single family.
"""

from dataclasses import dataclass

from tts_async.inference.wire import Conversation


@dataclass(frozen=True, slots=True)
class Bos:
    """The tokenizer's beginning-of-sequence token, or nothing where it has none."""


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, tokenised alone, nothing added; a special token that it spells is text too."""

    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """One token by its spelling in the vocabulary, such as ``<extra_0>``."""

    spelling: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation in the tokenizer's chat template.

    ``is_open``: it ends where the assistant starts to speak (``add_generation_prompt``).
    """

    conversation: Conversation
    is_open: bool = True


Piece = Bos | Text | Token | Chat
Prompt = tuple[Piece, ...]
