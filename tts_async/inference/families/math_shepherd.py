"""Math-Shepherd: Wang et al. 2023, *Verify and Reinforce LLMs Step-by-step*.

Problem and steps are one text with the word ``ки`` after every step; the score is the probability
that "+" follows it and not "-". The labels are rollouts; the authors rank by the lowest score.
"""

from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import RunningText

MATH_SHEPHERD: Final = Family(
    name="math-shepherd",
    layout=RunningText(tag="ки"),
    head=Head(layers=("lm_head",), labels=("+", "-"), positive=0),
    aggregation="min",
    names=(r"math-shepherd-mistral-7b-prm",),
)
