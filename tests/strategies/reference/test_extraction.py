"""What is read out of a text is what search-and-learn reads; what is equal is nearly the same."""

import gzip
import json
from collections import defaultdict
from pathlib import Path

from tts_async.answers import AnswerChecker
from tts_async.strategies.reference import extract_reference_answer

GOLDEN = Path(__file__).parent / "answers.json.gz"
ANSWERS: list[list[str]] = json.loads(gzip.decompress(GOLDEN.read_bytes()))["answers"]

EQUAL_THERE_ONLY = {("1", r"1\\sqrt{19}")}
"""The parser there stops at the two backslashes."""

EQUAL_HERE_ONLY = (
    ("72", r"\frac{72}1"),
    ("(1,2)", "{1,2}"),
    ("-2,1", "(-2,1)"),
    ("A", "(A)"),
    ("c", "(C)"),
    ("3", r"\log_28"),
    ("(x+1)^2", "x^2+2x+1"),
)
"""One pair of each kind among all of the golden answers."""


def test_the_same_answers() -> None:
    """Letter by letter: the answers of MATH-500, and texts that try the rules."""
    found = {text: extract_reference_answer(text) for text, _, _ in ANSWERS}
    assert found == {text: answer for text, answer, _ in ANSWERS}


async def test_the_same_answers_are_equal() -> None:
    """With every exception."""
    forms = defaultdict[str, list[str]](list)
    for _, answer, form in ANSWERS:
        if answer and answer not in forms[form]:
            forms[form].append(answer)
    pairs = [(first, other) for first, *others in forms.values() if others for other in others]
    assert len(pairs) > 10
    async with AnswerChecker() as checker:
        different = {pair for pair in pairs if not await checker.equal(*pair)}
        same = [await checker.equal(*pair) for pair in EQUAL_HERE_ONLY]
    assert different == EQUAL_THERE_ONLY
    assert all(same)
    there = {answer: form for _, answer, form in ANSWERS}
    assert all(there[one] != there[other] for one, other in EQUAL_HERE_ONLY)
