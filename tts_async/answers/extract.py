r"""Find the answer in the text of a solution.

A box (``\boxed{…}``, ``\fbox{…}``) is the convention of the field and always wins; without one, a
sentence that states the answer is believed only where it can hardly mean anything else. A wrong
guess votes against the right answer, an abstention does not: hence the caution.

Every pattern is possessive or bounded, so the time is linear in the text, whatever the text.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"(?P<box>\\++(?:boxed|fbox)(?![A-Za-z])\s*+)"
    r"|(?:\\\\)*+\\[{}]"  # an escaped brace is text; a brace after a line break is not
    r"|\\++"
    r"|(?P<brace>[{}])"
)
_BOX = re.compile(r"\\(?:boxed|fbox)")
# TeX boxes one token here; people mean the whole number. A word after it is only prose.
_BARE = re.compile(r"[-+]?\d[\d,./]*+|[A-Za-z]\b")

_STATEMENT = re.compile(
    r"\b(?P<final>final\s++)?answer\b\**+\s*+(?:(?P<colon>:)|is\b)\**+\s*+:?+\**+\s*+",
    re.IGNORECASE,
)
_WINDOW = 200  # characters; a stated answer is short
_SENTENCE_END = re.compile(r"\.(?=\s|\*|$)|\n")
_IN_DOLLARS = re.compile(r"\$(?P<math>[^$]+)\$(?P<rest>[^$]*)")
_IN_BRACKETS = re.compile(r"\\[(\[](?P<math>.+?)\\[)\]](?P<rest>.*)")
_UNIT = re.compile(r"[A-Za-z^\d ]{0,30}")
_ALTERNATIVES = re.compile(r"\b(?:and|or|not|if|when)\b", re.IGNORECASE)
_EXPRESSION = re.compile(r"(?=.*[\d\\])[-+*/^=()\[\].,:\w\s\\{}<>|!%]+")
_WORD_IN_EXPRESSION = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_NUMBER_AND_UNIT = re.compile(r"[-+]?[\d.,/]+%? [A-Za-z]+")
_CHOICE = re.compile(r"\(?[A-Z]\)?")
_WORD = re.compile(r"[A-Za-z]+")


def extract_answer(text: str) -> str | None:
    """The last complete box, else the last clearly stated answer, else ``None`` (abstain).

    Of nested boxes the inner one counts. A box whose braces do not balance is not an answer.
    """
    answer = None
    for start, end, _ in _boxes(text):
        answer = text[start:end].strip() or answer
    return answer or _stated_answer(text)


def has_final_answer(text: str) -> bool:
    r"""Whether the text holds a complete box with something in it.

    Only boxes with braces count: while the text is still being written, nobody can tell whether
    ``\boxed 12`` is complete.
    """
    return any(braced and text[start:end].strip() for start, end, braced in _boxes(text))


def _boxes(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where the content of each complete box starts and ends, and whether it has braces.

    In order of the text; a box around another box is left out.
    """
    first = _BOX.search(text)
    if first is None:  # most steps; and what stands before the first box does not matter
        return
    open_braces: list[int | None] = []  # where the content starts, for the braces of boxes
    latest = -1  # where the content of the latest complete box starts
    expected = -1  # where a box that was just announced would open its brace
    for token in _TOKEN.finditer(text, first.start()):
        if token["box"]:
            expected = token.end()
            if not text.startswith("{", expected) and (bare := _BARE.match(text, expected)):
                latest = expected
                yield expected, expected + len(bare[0].rstrip(".,")), False
        elif token["brace"] == "{":
            open_braces.append(token.end() if token.start() == expected else None)
        elif token["brace"] == "}" and open_braces:
            start = open_braces.pop()
            if start is not None and start > latest:
                latest = start
                yield start, token.start(), True


def _stated_answer(text: str) -> str | None:
    for statement in reversed(list(_STATEMENT.finditer(text))):
        start, limit = statement.end(), statement.end() + _WINDOW
        end = _SENTENCE_END.search(text, start, limit)
        if end is None and len(text) > limit:
            continue  # it goes on and on: not a stated answer
        said = text[start : end.start() if end else limit].strip(" *\t")
        explicit = bool(statement["final"] or statement["colon"])
        answer = _clear_answer(said, words_allowed=explicit)
        if answer:
            return answer
    return None


def _clear_answer(said: str, *, words_allowed: bool) -> str | None:
    """What a statement says, where it is a formula, a number, a choice or (perhaps) one word."""
    if _ALTERNATIVES.search(said) or "box" in said or said.count("{") != said.count("}"):
        return None
    math = _IN_DOLLARS.fullmatch(said) or _IN_BRACKETS.fullmatch(said)
    if math:
        rest = math["rest"].strip(" *,;")
        return math["math"].strip() if _UNIT.fullmatch(rest) else None
    said = said.rstrip(",;")
    if _NUMBER_AND_UNIT.fullmatch(said) or _CHOICE.fullmatch(said):
        return said
    if _EXPRESSION.fullmatch(said) and not _WORD_IN_EXPRESSION.search(said):
        return said
    return said if words_allowed and _WORD.fullmatch(said) else None
