"""What a solution answers, which answers are the same, and which of them wins.

``extract_answer`` finds the answer in a text, ``AnswerChecker`` groups answers by mathematical
equality (arithmetic at once, everything else in a worker process under a time limit), ``vote``
picks the winner. A text without an answer abstains: it is ``None`` all the way through. Tasks
other than mathematics bring functions of their own for the first two.
"""

from tts_async.answers.checker import AnswerChecker
from tts_async.answers.custom import Compare, Extract
from tts_async.answers.extract import extract_answer, has_final_answer
from tts_async.answers.settled import chance_of_lead, is_settled
from tts_async.answers.vote import SELECTIONS, Selection, Vote, check_selection, vote

__all__ = [
    "SELECTIONS",
    "AnswerChecker",
    "Compare",
    "Extract",
    "Selection",
    "Vote",
    "chance_of_lead",
    "check_selection",
    "extract_answer",
    "has_final_answer",
    "is_settled",
    "vote",
]
