"""RLHFlow's Llama3.1-8B-PRM: Xiong et al. 2024, *An Implementation of Generative PRM*.

A dialogue: the user says a step (the first one after the problem), the assistant says "+". The
score is the probability of "+" against "-" where the assistant is about to speak. The labels are
rollouts ("can the right answer still be reached?"), so the last score speaks for the path; the
authors rank answers by the mean.
"""

from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import Dialogue

RLHFLOW: Final = Family(
    name="rlhflow",
    layout=Dialogue(verdict="+"),
    head=Head(layers=("lm_head",), labels=("+", "-"), positive=0),
    names=(r"Llama3\.1-8B-PRM-(Deepseek|Mistral)-Data",),
)
