"""The families of reward models, each a small declaration in a file of its own.

Nothing here needs torch or a tokenizer, so local and served verifiers share it.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from tts_async.errors import ConfigurationError
from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import (
    ChatSteps,
    Dialogue,
    Layout,
    RunningText,
    TextLines,
    TextSteps,
    WholeAnswer,
)
from tts_async.inference.families.math_shepherd import MATH_SHEPHERD
from tts_async.inference.families.outcome import OUTCOME
from tts_async.inference.families.pieces import Bos, Chat, Piece, Prompt, Text, Token
from tts_async.inference.families.qwen_math import QWEN_MATH_PRM
from tts_async.inference.families.rlhflow import RLHFLOW
from tts_async.inference.families.skywork import SKYWORK
from tts_async.inference.families.trl import QWEN_MATH_TRL, TRL, token_classifier

__all__ = [
    "FAMILIES",
    "Bos",
    "Chat",
    "ChatSteps",
    "Dialogue",
    "Family",
    "Head",
    "Layout",
    "Piece",
    "Prompt",
    "RunningText",
    "Text",
    "TextLines",
    "TextSteps",
    "Token",
    "WholeAnswer",
    "find_family",
    "recognise",
    "token_classifier",
]

FAMILIES: Final = {
    family.name: family
    for family in (
        QWEN_MATH_PRM,
        RLHFLOW,
        MATH_SHEPHERD,
        SKYWORK,
        TRL,
        QWEN_MATH_TRL,
        OUTCOME,
    )
}
"""The known families by name."""


def find_family(family: "str | Family") -> Family:
    """The family itself or that of this name; ``ConfigurationError`` names the choices."""
    if isinstance(family, Family):
        return family
    if family not in FAMILIES:
        raise ConfigurationError(f"family: unknown {family!r}; choose one of {', '.join(FAMILIES)}")
    return FAMILIES[family]


def recognise(name: str, architectures: Sequence[str] = ()) -> Family | None:
    """The family of a model called ``name`` whose config lists ``architectures``, if known."""
    possible = [family for family in FAMILIES.values() if family.allows(architectures)]
    named = (family for family in possible if family.is_named(name))
    built = (family for family in possible if family.has_architecture(architectures))
    return next(chain(named, built), None)  # a name says more: the training is in no config
