"""Answers in MathML."""

import pytest

from tts_async.observe.hub.typeset_answers import MOST_ANSWERS, typeset_answers
from tts_async.observe.tree import formulas

pytestmark = pytest.mark.skipif(not formulas._is_installed(), reason="needs the html extra")


def test_only_what_needs_it() -> None:
    """Numbers and words are as good as text."""
    found = typeset_answers([r"\frac{1}{2}", "42", "no solution", "x^2"])
    assert list(found) == [r"\frac{1}{2}", "x^2"]
    assert "mfrac" in str(found[r"\frac{1}{2}"])


def test_neither_many_nor_long_ones() -> None:
    """What a model writes must not keep the event loop busy."""
    assert typeset_answers([r"\frac{1}{2}" * 100]) == {}
    assert len(typeset_answers(f"x^{n}" for n in range(1000))) == MOST_ANSWERS


def test_nothing_dangerous_comes_through() -> None:
    """The same sieve as everywhere."""
    assert "javascript" not in str(typeset_answers([r"\href{javascript:1}{x^2}"]).values())
