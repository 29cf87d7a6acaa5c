"""Answers in words with numbers among them, and dates: there is nothing to compute in them.

Mathematics would multiply what stands side by side, and 2 hours 30 minutes is 30 hours 2 minutes.
Such an answer is compared as text: as its parts, in whatever order, each a number and the words
behind it.
"""

import re

_DATE = re.compile(
    r"\d{4}-\d\d?-\d\d?|\d\d?/\d\d?/\d{4}"
    r"|.*(?<![a-z])(?:(?:janu|febru)ary|march|april|may|june|july|august|(?:septem|octo|novem|decem)ber).*",
    re.ASCII | re.IGNORECASE,
)
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[A-Za-z ,;:.]+(?=\d)")
_WORD = re.compile(r"[A-Za-z]+")
_CONNECTIVE = re.compile(r"(?<![A-Za-z])(?:and|or)(?![A-Za-z])")
_NOT_WORDS = frozenset({"and", "or", "x", "e"})  # lists, products, powers of ten: mathematics
_PART = re.compile(r"([^A-Za-z]*)([A-Za-z][A-Za-z ]*|$)")


def phrase_in(plain: str) -> str | None:
    """The same text for all writings of a phrase; ``None`` where there is none."""
    if _DATE.fullmatch(plain):
        return plain.casefold()
    if not any(map(_says_something, _BETWEEN_DIGITS.findall(plain))):
        return None
    parts = _PART.findall(_CONNECTIVE.sub("", plain.casefold()))
    return ", ".join(sorted(f"{number.strip(' ,;')} {words.strip()}" for number, words in parts))


def _says_something(between: str) -> bool:
    """Whether it has a word; a single letter behind a comma may be a variable."""
    words = set(map(str.casefold, _WORD.findall(between))) - _NOT_WORDS
    return any(len(word) > 1 or len(between) == 1 for word in words)
