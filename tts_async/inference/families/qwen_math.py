"""Qwen2.5-Math-PRM: Zhang et al. 2025, *The Lessons of Developing Process Reward Models*.

The steps stand in the assistant's turn, ``<extra_0>`` after each; a head of two layers tells wrong
(0) from right (1) there. The labels were filtered so that a step has to be right by itself, and
the paper ranks answers by the product of their steps' scores.
"""

from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import ChatSteps
from tts_async.inference.families.pieces import Token

QWEN_MATH_PRM: Final = Family(
    name="qwen-math-prm",
    layout=ChatSteps(Token("<extra_0>")),
    head=Head(layers=("score.0", "score.2")),
    aggregation="prod",
    system_prompt="Please reason step by step, and put your final answer within \\boxed{}.",
    architectures=("Qwen2ForProcessRewardModel",),
    names=(r"Qwen2\.5-Math-(7B|72B)-PRM800K", r"Qwen2\.5-Math-PRM-(7B|72B)"),
)
