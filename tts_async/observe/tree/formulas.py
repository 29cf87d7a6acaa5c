r"""Text with formulas in it: where they are, and what they look like in MathML.

The text comes from a model and proves nothing: a formula may be endless, deeply nested, a bomb of
macros, or carry links and styles. So lengths and depths are bounded, macros are refused, and only
known elements with known attributes come through. MathML leaves here as plain nested lists, which
a page turns into elements one by one; there is no moment at which it is markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.util import find_spec
from typing import Any, Final
from xml.etree.ElementTree import Element

MAX_LENGTH: Final = 1_000
"""Characters of one formula; longer ones stay TeX."""
MAX_TOTAL: Final = 200_000
"""Characters of all different formulas of one page, about two seconds of work."""
MAX_DEPTH: Final = 40
"""Nested elements; browsers lay out deep mathematics slowly."""

MathML = list[Any]
"""An element as ``[name, attributes, child, …]``; a child is an element or a string."""

_FENCES: Final = (
    ("$$", "$$", True),
    ("\\[", "\\]", True),
    ("\\(", "\\)", False),
    ("$", "$", False),
)
_OPENING: Final = re.compile(r"\$\$|\\\[|\\\(|\$|\\\$")
_DOLLAR: Final = re.compile(r"(?<!\\)\$")
_MACROS: Final = re.compile(r"\\(?:(?:re)?newcommand|providecommand|[egx]?def|let)(?![a-zA-Z])")
# fmt: off
_ELEMENTS: Final = frozenset((
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mfrac", "msqrt", "mroot", "mtable", "mtr", "mtd", "mstyle", "mpadded",
    "mphantom", "menclose", "mmultiscripts", "mprescripts", "none",
))
_ATTRIBUTES: Final = frozenset((
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "display",
    "displaystyle", "fence", "form", "largeop", "linethickness", "lspace", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
    "separator", "stretchy", "width",
))
# fmt: on
_ARITIES: Final = {
    **dict.fromkeys(("mfrac", "mroot", "msub", "msup", "munder", "mover"), 2),
    **dict.fromkeys(("msubsup", "munderover"), 3),
}
_VALUE: Final = re.compile(r"[a-z-]{1,24}|-?\d{0,2}(?:\.\d{1,3})?(?:em|ex|px|pt|%)?")
"""A word, or a length that cannot be longer than a line."""
MAX_VALUES: Final = 20


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in a text: its TeX between the marks that surround it."""

    tex: str
    opening: str
    closing: str
    display: bool

    @property
    def source(self) -> str:
        """As it stands in the text."""
        return f"{self.opening}{self.tex}{self.closing}"


def split_formulas(text: str) -> Iterator[str | Formula]:
    r"""The pieces of a text in order: plain text, and ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]``.

    A single ``$`` is money rather than mathematics when white space follows the opening one or
    stands before the closing one, when a digit follows the closing one, or across an empty line.
    Time is linear in the text.
    """
    begin, search = 0, 0
    unclosed: set[str] = set()  # looked for up to the end of the text, and not there
    while (mark := _OPENING.search(text, search)) is not None:
        search = mark.end()
        for opening, closing, display in _FENCES:
            if mark[0] != opening or opening in unclosed:
                continue
            end = _find(text, closing, mark.end())
            if end < 0:
                unclosed.add(opening)
                continue
            tex = text[mark.end() : end]
            if opening == "$" and not _is_mathematics(tex, text[end + 1 : end + 2]):
                search = end  # what closes nothing may open something
                continue
            if not tex.strip():
                continue
            if begin < mark.start():
                yield text[begin : mark.start()]
            yield Formula(tex, opening, closing, display)
            begin = search = end + len(closing)
    if begin < len(text):
        yield text[begin:]


class Typesetter:
    """Formulas in MathML, as many as one page may cost.

    ``missing`` says whether a formula stayed TeX because latex2mathml is not installed.
    """

    def __init__(self) -> None:
        self._left = MAX_TOTAL
        self._known: dict[tuple[str, bool], MathML | None] = {}
        self.missing = False

    def typeset(self, formula: Formula) -> MathML | None:
        """The formula in MathML, or ``None`` where it has to stay TeX."""
        key = (formula.tex, formula.display)
        if key not in self._known:
            self._known[key] = self._typeset(formula)
        return self._known[key]

    def _typeset(self, formula: Formula) -> MathML | None:
        if not _is_installed():
            self.missing = True
            return None
        length = len(formula.tex)
        if length > min(MAX_LENGTH, self._left) or _MACROS.search(formula.tex):
            return None
        self._left -= length
        return to_mathml(formula.tex, display=formula.display)


def to_mathml(tex: str, *, display: bool) -> MathML | None:
    """TeX in MathML, ``None`` for what cannot be understood or would be too deep.

    Needs latex2mathml. It hands out text and attributes of the formula as they are, links and
    styles included, hence the sieve.
    """
    from latex2mathml.converter import convert_to_element

    try:
        element = convert_to_element(tex, display="block" if display else "inline")
    except Exception:  # noqa: BLE001 - its own errors, and whatever else bad TeX brings about
        return None
    return _sieved(element, MAX_DEPTH)


def _find(text: str, closing: str, start: int) -> int:
    if closing != "$":
        return text.find(closing, start)
    found = _DOLLAR.search(text, start)
    return -1 if found is None else found.start()


def _is_mathematics(tex: str, following: str) -> bool:
    spaced = tex[:1].isspace() or tex[-1:].isspace()
    return bool(tex) and not spaced and not following.isdigit() and "\n\n" not in tex


def _sieved(element: Element, depth: int) -> MathML | None:
    if depth == 0 or element.tag not in _ELEMENTS:
        return None
    if len(element) != _ARITIES.get(element.tag, len(element)):
        return None  # half a fraction is none
    attributes = {
        name: value
        for name, value in element.attrib.items()
        if name in _ATTRIBUTES and _is_harmless(value)
    }
    children: list[Any] = [unescape(element.text)] if element.text else []
    for child in element:
        sieved = _sieved(child, depth - 1)
        if sieved is None:
            return None
        children.append(sieved)
        if child.tail:
            children.append(unescape(child.tail))
    return [element.tag, attributes, *children]


def _is_harmless(value: str) -> bool:
    words = value.split(maxsplit=MAX_VALUES)
    return len(words) <= MAX_VALUES and all(map(_VALUE.fullmatch, words))


@cache
def _is_installed() -> bool:
    return find_spec("latex2mathml") is not None
