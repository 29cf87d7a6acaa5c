"""Token classifiers trained with TRL's ``PRMTrainer``.

Problem and steps as text, each step followed by the separator of the training; at its last token
the classes wrong (0) and right (1). The separator is an option of the trainer that no file of the
model repeats, a line break unless it was set. For another one say
``family=token_classifier(separator)``, or add ``"step_separator"`` to the model's ``config.json``.
"""

from dataclasses import replace
from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import TextSteps
from tts_async.inference.families.pieces import Text


def token_classifier(separator: str) -> Family:
    """The family of token classifiers that were trained with this text after every step."""
    return Family(
        name="trl",
        layout=TextSteps(Text(separator)),
        head=Head(layers=("score",)),
        architectures=("*ForTokenClassification",),
    )


TRL: Final = token_classifier("\n")

QWEN_MATH_TRL: Final = replace(
    token_classifier("\n\n"),
    name="qwen-math-trl",
    names=(r"Qwen2\.5-Math-(1\.5B|7B)-Instruct-PRM-0\.\d",),
)
"""Hugging Face's Qwen2.5-Math-Instruct-PRM-0.2, trained on PRM800K with empty lines."""
