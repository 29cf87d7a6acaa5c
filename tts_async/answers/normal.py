r"""Decide the easy comparisons without any process: same writing, or both plain numbers.

A normal form removes what changes how an answer looks and never what it means: spacing,
``\left``/``\right``, dollar and degree signs, thousands separators. What is then a plain number is
compared exactly. Everything else is left to mathematics (`referee.py`): "don't know" is always
a correct answer here, a wrong "equal" or "different" never is.

Some marks stay with their numbers. A percentage equals both of the numbers people write for it
(50 % is 50 and 0.5), and numerals in different bases differ, as do the halves of a day, which
math-verify does not see.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_LENGTH = 2000
"""Longer answers (in characters) are compared as text only: nobody's answer is that long."""

_SAME_SIGNS = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u00b0": r"^\circ ", "~": " "}
)

_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\s+", " "),
        (r"(?<!\\)\\[!,]", ""),  # "10,\!080"
        (r"(?<!\\)\\(?:[;:> ]|q?quad(?![A-Za-z]))", " "),
        (r"\\?\$", ""),
        (r"\\(?:left|right)(?![A-Za-z])(?:\s*\.)?", ""),
        (r"\\(?:[bB]igg?[lrm]?|displaystyle|textstyle)(?![A-Za-z])", ""),
        (r"\\[dtc]frac(?![A-Za-z])", r"\\frac"),
        # math-verify drops text as a unit; these are quantities.
        (r"\\math(?:bf|it)\s*\{\s*([A-Za-z])\s*\}", r" \1"),
        (r"\\mathrm\s*\{\s*([ei])\s*\}|\\text(?:rm)?\s*\{\s*(i)\s*\}", r" \1\2"),
        (r"\\(?:mbox|hbox|text(?:bf|it|rm|normal)?|math(?:rm|bf|it))\s*(?=\{)", r"\\text"),
        (r"\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})|\\degree(?![A-Za-z])", ""),
        (r"(?<=[\d}])\s*(?:\\text\s*\{\s*degrees?\s*\}|degrees?)\s*$", ""),
        (r"\{\s*,\s*\}", ","),
        (r"\s+", " "),
        # A space matters only between two digits or two letters, and after a line break.
        (r" (?![A-Za-z0-9])|(?<![A-Za-z0-9\\]) |(?<=[A-Za-z]) (?=\d)|(?<=\d) (?=[A-Za-z])", ""),
        (r"(?<!\.)\.$", ""),
    )
)
_TRIGONOMETRY = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_DEGREES = re.compile(r"(\d+(?:\.\d+)?)\s*\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})")
_TEXT = re.compile(r"\\text\{([^{}]*)\}")
_SINGLE_LETTER = re.compile(r"\(([A-Za-z])\)")
# Four letters or more: a word. math-verify would multiply them, so that "east" equals "seat".
_WORDS = re.compile(r"(?!infinity$)(?=.*[A-Za-z]{4})[A-Za-z]+(?: [A-Za-z]+)*")

_DECIMAL = re.compile(r"([-+]?)((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?|\.\d+)", re.ASCII)
_REPEATING = re.compile(r"([-+]?)(\d*)\.(\d*)\\overline\{(\d+)\}", re.ASCII)
_SLASHED = re.compile(r"([-+]?)(\d+)/(\d+)", re.ASCII)
_PART = r"(?:\{([-+]?\d+)\}|(\d))"
_FRACTION = re.compile(rf"([-+]?)\\frac{_PART}{_PART}", re.ASCII)
_PERCENT = re.compile(r"(?:\\?%|percent)$")
_HALF_DAY = re.compile(r"\d ?([ap])\.? ?m\.?$", re.IGNORECASE)
_BASED = re.compile(r"(\d+)_(?:\{(\d+)\}|(\d))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Normal:
    r"""One answer without its cosmetics.

    ``latex`` is what mathematics gets to see, ``plain`` the same with ``\text{…}`` opened, which
    is compared as writing. ``number`` is its exact value when it is a plain number; ``mark`` is
    what came with the number: ``""``, ``"%"`` or a base such as ``"_8"``; or the half of the day
    that a time is in, ``"a"`` or ``"p"``.
    """

    latex: str
    plain: str
    number: Fraction | None = None
    mark: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is too long to be compared in any other way."""
        return len(self.latex) > MAX_LENGTH

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """Simplest writing first: numbers, then numbers with a mark, then by length."""
        return (self.number is None, bool(self.mark), len(self.latex), self.latex)


def normal_form(answer: str) -> Normal:
    """The normal form of any text; takes time linear in ``MAX_LENGTH`` at most."""
    if len(answer) > MAX_LENGTH:
        stripped = answer.strip()
        return Normal(stripped, stripped)
    latex = _tidy(answer)
    plain = _TEXT.sub(r"\1", latex).strip()
    plain = _SINGLE_LETTER.sub(r"\1", plain) if len(plain) == len("(A)") else plain
    number, mark = _marked_number(plain)
    if _WORDS.fullmatch(latex):
        latex = rf"\text{{{latex}}}"
    return Normal(latex, plain, number, mark)


def decide(a: Normal, b: Normal) -> bool | None:
    """Whether two answers are equal, where that can be seen; ``None`` where it takes mathematics.

    Symmetric. ``False`` only between numbers, times, and for text that is compared as text only.
    """
    if a.plain == b.plain:
        return True
    if a.is_text or b.is_text or {a.mark, b.mark} == {"a", "p"}:
        return False
    if a.number is None or b.number is None:
        return None
    if a.mark == b.mark:
        return a.number == b.number
    if a.mark and b.mark:
        return False
    bare, marked = (b, a) if a.mark else (a, b)
    return bare.number == marked.number or (
        marked.mark == "%" and bare.number == marked.number / 100  # type: ignore[operator]
    )


def _tidy(answer: str) -> str:
    text = answer.translate(_SAME_SIGNS).strip()
    if _TRIGONOMETRY.search(text):  # elsewhere a degree is a unit like any other
        text = _DEGREES.sub(r"(\1\\cdot\\frac{\\pi}{180})", text)
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    text = text.strip()
    if text.startswith("{") and _closing(text) == len(text) - 1:
        return text[1:-1].strip()
    return text


def _closing(text: str) -> int:
    """Where the brace that opens the text closes; -1 if it does not."""
    depth = 0
    for place, sign in enumerate(text):
        escaped = place > 0 and text[place - 1] == "\\"
        if sign in "{}" and not escaped:
            depth += 1 if sign == "{" else -1
            if depth == 0:
                return place
    return -1


def _marked_number(plain: str) -> tuple[Fraction | None, str]:
    if based := _BASED.fullmatch(plain):
        return Fraction(int(based[1])), f"_{int(based[2] or based[3])}"
    if half_day := _HALF_DAY.search(plain):
        return None, half_day[1].lower()
    bare = _PERCENT.sub("", plain)
    number = _number(bare)
    return number, "%" if number is not None and bare != plain else ""


def _number(text: str) -> Fraction | None:
    value: Fraction | None
    if decimal := _DECIMAL.fullmatch(text):
        value = Fraction(decimal[2].replace(",", ""))
    elif repeating := _REPEATING.fullmatch(text):
        value = _repeating(*repeating.groups()[1:])
    elif slashed := _SLASHED.fullmatch(text):
        value = _ratio(int(slashed[2]), int(slashed[3]))
    elif fraction := _FRACTION.fullmatch(text):
        value = _ratio(int(fraction[2] or fraction[3]), int(fraction[4] or fraction[5]))
    else:
        return None
    sign = text[0]
    return -value if value is not None and sign == "-" else value


def _repeating(whole: str, fixed: str, period: str) -> Fraction:
    """0.1666…, where the whole is 0, the fixed part 1 and the period 6."""
    steady = Fraction(int(whole + fixed or "0"), 10 ** len(fixed))
    return steady + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))


def _ratio(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None
