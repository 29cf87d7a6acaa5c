"""Outcome reward models: a sequence classifier that reads the whole answer and gives one score.

With one output the score is its sigmoid, with two the probability of class 1.
"""

from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import WholeAnswer

OUTCOME: Final = Family(
    name="outcome",
    layout=WholeAnswer(),
    head=Head(layers=("score",)),
    architectures=("*ForSequenceClassification",),
    is_outcome=True,
)
