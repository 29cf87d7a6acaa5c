"""English number words as the package word2number reads them, without the package.

Words that are no numbers are ignored, so one that is decides for the whole text. Its arithmetic
is repeated as it is, also where it is wrong: a part of more than four words counts as its first
word, and "two million three thousand" is 2,004,003.
"""

from collections.abc import Sequence
from typing import Final

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
_TEENS = "fifteen sixteen seventeen eighteen nineteen"
_TENS = "ten twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES: Final = {"billion": 10**9, "million": 10**6, "thousand": 1000}
_VALUES: Final = {
    **{word: value for value, word in enumerate(f"{_ONES} {_TEENS}".split())},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), start=1)},
    "hundred": 100,
    **_SCALES,
}
_DIGITS: Final = _ONES.split()[:10]
_POINT = "point"


def read_number_words(text: str) -> str:
    """The number in digits, or the text itself where it holds none or a malformed one."""
    plain = text.replace("-", " ").lower()
    if plain.isdecimal():
        return str(int(plain))
    words = [word for word in plain.split() if word in _VALUES or word == _POINT]
    repeated = any(words.count(word) > 1 for word in (*_SCALES, _POINT))
    if not words or repeated:
        return text
    decimals: list[str] = []
    if len(words) > 1 and _POINT in words:
        place = words.index(_POINT)
        words, decimals = words[:place], words[place + 1 :]
    elif words == [_POINT]:
        return "0"
    whole = _whole(words) if words else 0
    if whole is None:
        return text
    return str(whole + _decimal(decimals) if decimals else whole)


def _whole(words: Sequence[str]) -> int | None:
    if len(words) == 1:
        return _VALUES[words[0]]
    places = {scale: words.index(scale) for scale in _SCALES if scale in words}
    if list(places.values()) != sorted(places.values()):
        return None  # thousands before millions
    parts, start = list[tuple[Sequence[str], int]](), 0
    for scale, place in places.items():
        parts.append((words[start:place], _SCALES[scale]))
        start = place + 1
    # What is left over comes after the smallest scale that is not the last word.
    open_places = [place for place in places.values() if place != len(words) - 1]
    if open_places or not places:
        parts.append((words[open_places[-1] + 1 if open_places else 0 :], 1))
    if not all(group for group, _ in parts):
        return None
    return sum(_part(group) * scale for group, scale in parts)


def _part(words: Sequence[str]) -> int:
    values = [_VALUES[word] for word in words]
    match values:
        case [a, b, c, d]:
            return a * b + c + d
        case [a, b, c]:
            return a * b + c
        case [a, b]:
            return a * b if _VALUES["hundred"] in values else a + b
        case _:
            return values[0]


def _decimal(words: Sequence[str]) -> float:
    if any(word not in _DIGITS for word in words):
        return 0
    return float("0." + "".join(str(_VALUES[word]) for word in words))
