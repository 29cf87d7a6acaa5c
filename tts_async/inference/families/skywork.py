"""Skywork-o1-Open-PRM (1.5B, 7B): He et al. 2024.

Problem and answer as lines, each ended by the newline's token, and a value at every such end,
whose sigmoid is the score.
"""

from typing import Final

from tts_async.inference.families.family import Family, Head
from tts_async.inference.families.layouts import TextLines

SKYWORK: Final = Family(
    name="skywork",
    layout=TextLines(),
    head=Head(layers=("v_head.summary",)),
    architectures=("Qwen2ForPrmModel",),
    names=(r"Skywork-o1-Open-PRM",),
)
