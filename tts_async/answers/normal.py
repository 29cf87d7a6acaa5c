r"""Decide the easy comparisons without any process: same writing, or both plain numbers.

What is a plain number in its one writing (`writing.py`) is compared exactly. Everything else is
left to mathematics (`referee.py`): "don't know" is always a correct answer here, a wrong "equal"
or "different" never is.

Some answers have a mark, and different marks make them differ, which math-verify does not see in
all of them: a percentage (it equals both of the numbers people write for it, 50 % is 50 and 0.5),
a unit (which the answer without one may have left out), the base of a numeral, the half of a day, a
tuple, a set.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from tts_async.answers.numbers import read_number
from tts_async.answers.phrases import phrase_in
from tts_async.answers.writing import tidy

MAX_LENGTH = 2000
"""Longer answers (in characters) are compared as text only: nobody's answer is that long."""

_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_SINGLE_LETTER = re.compile(r"\(([A-Za-z])\)")
# Four letters or more: a word. math-verify would multiply them, so that "east" equals "seat".
_WORDS = re.compile(r"(?!infinity$)(?=.*[A-Za-z]{4})[A-Za-z]+(?: [A-Za-z]+)*|[IVX]{2,}")

_PERCENT = re.compile(r"(?:\\?%|per ?cent)$")
_BASED = re.compile(r"(\d+)_(?:\{(\d+)\}|(\d))", re.ASCII)
_UNIT = re.compile(r"(?<=.)(?:\\text\{[^{}]*\}(?:\^\{?-?\d\}?)?(?:/|\\cdot)?)+$")
_DROPPED_UNIT = re.compile(r"\\\$|\\circ|\\degree|\u00b0|degree")
_HALF_DAY = re.compile(r"(?<=\d) ?([ap])\.? ?m\.?$", re.IGNORECASE)
_TUPLE = re.compile(r"\([^()]*,[^()]*\)")
_SET = re.compile(r"\\\{[^()]*\\\}")


@dataclass(frozen=True, slots=True)
class Normal:
    r"""One answer without its cosmetics.

    ``latex`` is what mathematics gets to see, ``plain`` the same with ``\text{…}`` opened, which
    is compared as writing. ``number`` is its exact value when it is a plain number, perhaps with a
    ``mark``: ``"%"``, ``"unit"``, a base such as ``"_8"``; other marks are ``"am"`` and ``"pm"``,
    ``"()"`` and ``"{}"``. ``is_text``: whether there is no other way to compare it.
    """

    latex: str
    plain: str
    number: Fraction | None = None
    mark: str = ""
    is_text: bool = False

    @property
    def rank(self) -> tuple[bool, bool, int, str, str]:
        """Simplest writing first: numbers, then numbers with a mark, then by length."""
        return (self.number is None, bool(self.mark), len(self.latex), self.latex, self.plain)


def normal_form(answer: str) -> Normal:
    """The normal form of any text, in bounded time."""
    if len(answer) > MAX_LENGTH:
        stripped = answer.strip()
        return Normal(stripped, stripped, is_text=True)
    return _short_form(answer)


@lru_cache(4096)  # of hundreds of candidates, many say the same
def _short_form(answer: str) -> Normal:
    latex = tidy(answer)
    plain = _TEXT.sub(r"\1", latex).strip()
    if phrase := phrase_in(plain):
        return Normal(latex, phrase, is_text=True)
    plain = _SINGLE_LETTER.sub(r"\1", plain) if len(plain) == len("(A)") else plain
    plain = _HALF_DAY.sub(lambda half: f"{half[1]}m".lower(), plain)
    bare = _UNIT.sub("", latex)
    number, mark = _marked_number(bare, plain)
    if number is not None and not mark and (bare != latex or _DROPPED_UNIT.search(answer)):
        mark = "unit"
    if _WORDS.fullmatch(latex):
        bare = rf"\text{{{latex}}}"
    return Normal(bare, plain, number, mark)


def decide(a: Normal, b: Normal) -> bool | None:
    """Whether two answers are equal, where that can be seen; ``None`` where it takes mathematics.

    Symmetric. ``False`` only between numbers, different marks, and where text is all there is.
    """
    if a.plain == b.plain:
        return True
    if a.is_text or b.is_text or (a.mark and b.mark and a.mark != b.mark):
        return False
    if a.number is None or b.number is None:
        return None
    if a.mark == b.mark:
        return a.number == b.number
    bare, marked = (b, a) if a.mark else (a, b)
    return bare.number == marked.number or (
        marked.mark == "%" and bare.number == marked.number / 100  # type: ignore[operator]
    )


def _marked_number(bare: str, plain: str) -> tuple[Fraction | None, str]:
    if based := _BASED.fullmatch(plain):
        return Fraction(int(based[1])), f"_{int(based[2] or based[3])}"
    if half_day := _HALF_DAY.search(plain):
        return None, half_day[0]
    if _TUPLE.fullmatch(plain):
        return None, "()"
    if _SET.fullmatch(plain):
        return None, "{}"
    amount = _PERCENT.sub("", plain)
    if amount != plain:
        number = read_number(amount)
        return number, "" if number is None else "%"
    return read_number(bare), ""
