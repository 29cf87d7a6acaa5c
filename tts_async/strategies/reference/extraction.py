r"""The answer that search-and-learn reads out of a text, as a string that may be empty.

Its parser is Qwen2.5-Math's. What it takes for the answer: what stands between "final answer is $"
and "$. I hope"; else what follows the last "boxed", closed or not; else whatever follows "he answer
is"; else the last number anywhere. So text that says nothing yet usually has an "answer" too.

Then it cleans up, rule by rule, in this order and with these consequences: one-letter units go, so
``2 + a`` is ``2+``; ``j`` becomes ``i``; a single number word makes the whole text that number;
``/`` becomes ``\frac`` between two whole numbers only.
"""

import re
from functools import cache, lru_cache

from tts_async.strategies.reference.number_words import read_number_words
from tts_async.strategies.reference.units import UNITS

_TAG = "\u043a\u0438"  # how Math-Shepherd ends a step
_CHINESE = "\u7b54\u6848\u662f"  # "the answer is"
_NUMBER = re.compile(r"-?\d*\.?\d+")


def extract_reference_answer(text: str) -> str:
    """The cleaned answer; ``""`` where there is not even a number."""
    found = re.sub(r"\n\s*", "", _find(text.replace(_TAG, "")))
    return _clean(found.removeprefix(":").removesuffix(".").removesuffix("/"))


def _find(text: str) -> str:
    if "final answer is $" in text and "$. I hope" in text:
        return text.split("final answer is $", 1)[1].split("$. I hope", 1)[0].strip()
    if "boxed" in text:
        return _content_of_box(text.rpartition("boxed")[2])
    for phrase in ("he answer is", "final answer is"):
        if phrase in text:
            return text.rpartition(phrase)[2].strip()
    if _CHINESE in text:
        return text.split(_CHINESE)[1].strip().split("\n\n")[0].strip()
    numbers: list[str] = _NUMBER.findall(text.replace(",", ""))
    return numbers[-1] if numbers else ""


def _content_of_box(rest: str) -> str:
    """Up to the brace that closes the first one, or to the end; without braces, up to a dollar."""
    if not rest.startswith("{"):
        return rest.split("$", maxsplit=1)[0].strip()
    depth = 0
    for place, character in enumerate(rest):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return rest[1:place]
    return rest[1:]


_Rule = tuple[re.Pattern[str], str]


def _replace(*pairs: tuple[str, str]) -> list[_Rule]:
    """Rules for texts that are meant literally."""
    return [(re.compile(re.escape(old)), new.replace("\\", r"\\")) for old, new in pairs]


def _drop(*texts: str) -> list[_Rule]:
    return _replace(*((text, "") for text in texts))


_NOTATION = [
    *_drop("\\!"),
    (re.compile(r"\\begin\{array\}\{.*?\}"), r"\\begin{pmatrix}"),
    (re.compile(r"\\end\{array\}"), r"\\end{pmatrix}"),
    *_replace(("bmatrix", "pmatrix"), ("tfrac", "frac"), ("dfrac", "frac")),
    *_replace(("\\neq", "\\ne"), ("\\leq", "\\le"), ("\\geq", "\\ge")),
    *_drop("\\left", "\\right"),
    *_replace(("\\{", "{"), ("\\}", "}")),
]
_SIGNS = _drop("^{\\circ}", "^\\circ", "\\$", "$", "\\(", "\\)")
_WORDING = [
    (re.compile(r"\\text\{(.*?)\}"), r"\1"),
    *_drop("x=", "y=", "z=", "x\\in", "y\\in", "z\\in", "x\\to", "y\\to", "z\\to"),
    *_replace(("\\emptyset", "{}"), ("(-\\infty,\\infty)", "\\mathbb{R}")),
    *_drop("\\%", "%"),
    *_replace((" .", " 0."), ("{.", "{0."), ("infinity", "\\infty")),
]
_LEFTOVERS = [*_drop("and", "\\mathbf"), (re.compile(r"\\mbox{.*?}"), "")]
_WHOLE_DECIMALS = [
    (re.compile(r"(\d+)\.0*([^\d])"), r"\1\2"),
    (re.compile(r"(\d+)\.0*$"), r"\1"),
]
_TRAILING_TEXT = re.compile(r"\\text{.*?}$")
_BARE_ROOT = re.compile(r"\\sqrt(\w+)")
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
SHORT_NAME = 2
"""The most characters on the left of "=" for it to be a name that is dropped."""


@lru_cache(4096)
def _clean(text: str) -> str:
    text = text.strip().replace("\n", "").rstrip(".")
    text = _apply(_NOTATION, text)
    text = _TRAILING_TEXT.sub("", text).strip() or text
    text = _apply(_SIGNS, _without_units(text))
    text = _apply(_WORDING, read_number_words(text))
    if "\\infty" not in text:
        text = text.replace("inf", "\\infty")
    text = _apply(_LEFTOVERS, text)
    if "i" not in text:
        text = text.replace("j", "i")
    text = _apply(_WHOLE_DECIMALS, text)
    if text.startswith("."):
        text = f"0{text}"
    name, sign, value = text.partition("=")
    if sign and "=" not in value and len(name) <= SHORT_NAME:
        text = value
    text = _BARE_ROOT.sub(r"\\sqrt{\1}", text).replace(" ", "")
    return _as_fraction(_with_braces(text))


def _apply(rules: list[_Rule], text: str) -> str:
    for pattern, new in rules:
        text = pattern.sub(new, text)
    return text


@cache
def _unit_rules() -> list[tuple[str, re.Pattern[str]]]:
    """What to look for first, and the rule; made when it is needed, because there are many."""
    units = (*UNITS, *(f"{unit}s" for unit in UNITS))
    # A dot is any character there, so what is looked for ends before it.
    return [(unit.partition(".")[0], re.compile(rf"(^|\W){unit}($|\W)")) for unit in units]


def _without_units(text: str) -> str:
    """Twice through the list; a text that is nothing but a unit stays."""
    for _ in range(2):
        for start, pattern in _unit_rules():
            if start in text:
                text = pattern.sub(r"\1\2", text) or text
    return text


def _with_braces(text: str) -> str:
    r"""``\frac12`` as ``\frac{1}{2}``; all as it was if one of them lacks its two arguments."""
    head, *fractions = text.split("\\frac")
    if any(len(rest) <= 1 and rest != "{" for rest in fractions):
        return text
    return head + "".join(f"\\frac{_arguments(rest)}" for rest in fractions)


def _arguments(rest: str) -> str:
    top, below = rest[0], rest[1:]
    if top == "{":
        return rest
    return f"{{{top}}}" + (below if below[0] == "{" else f"{{{below[0]}}}{below[1:]}")


def _as_fraction(text: str) -> str:
    r"""``a/b`` as ``\frac{a}{b}`` where both are whole numbers, or roots."""
    parts = text.split("/")
    if len(parts) == 2 and all("sqrt" in part or _WHOLE.fullmatch(part) for part in parts):  # noqa: PLR2004
        return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"
    return text
