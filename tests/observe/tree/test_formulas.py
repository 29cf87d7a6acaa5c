"""Mathematics in texts that prove nothing."""

import json
import time
from typing import Any
from unittest.mock import patch

import pytest

from tts_async.observe.tree import formulas
from tts_async.observe.tree.formulas import (
    MAX_LENGTH,
    Formula,
    Typesetter,
    split_formulas,
    to_mathml,
)

needs_latex2mathml = pytest.mark.skipif(
    not formulas._is_installed(), reason="latex2mathml is not installed (the html extra)"
)


def pieces(text: str) -> list[str]:
    """Plain text as it is, formulas in angle brackets."""
    return [piece if isinstance(piece, str) else f"<{piece.tex}>" for piece in split_formulas(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no mathematics", ["no mathematics"]),
        ("so $x$, then", ["so ", "<x>", ", then"]),
        (r"\(a\) and \[b\] and $$c$$", ["<a>", " and ", "<b>", " and ", "<c>"]),
        ("$a$$b$", ["<a>", "<b>"]),
        ("$5 and $6", ["$5 and $6"]),
        ("for $5, $y+1$ follows", ["for $5, ", "<y+1>", " follows"]),
        (r"\$5 and $x$", [r"\$5 and ", "<x>"]),
        (r"$\boxed{\$3}$", [r"<\boxed{\$3}>"]),
        ("$a\n\nb$", ["$a\n\nb$"]),
        ("open $x", ["open $x"]),
        ("$$$$", ["$$$$"]),
        ("", []),
    ],
)
def test_where_the_formulas_are(text: str, expected: list[str]) -> None:
    """Money is none, nor is what has no end."""
    assert pieces(text) == expected


@pytest.mark.parametrize("text", ["$a $b", "$$ ", r"\(", r"\[ \( ", r"$\$", "$1$1"])
def test_splitting_is_linear(text: str) -> None:
    """Ten times the text costs about ten times the time, and nothing is lost."""

    def seconds(copies: int) -> float:
        whole = text * copies
        begin = time.process_time()
        parts = [
            piece if isinstance(piece, str) else piece.source for piece in split_formulas(whole)
        ]
        taken = time.process_time() - begin
        assert "".join(parts) == whole
        return taken

    assert min(seconds(20_000) for _ in range(2)) < 40 * seconds(2_000) + 0.1


@needs_latex2mathml
def test_mathml_as_lists() -> None:
    """Names, attributes, children; entities are characters."""
    assert to_mathml(r"\frac{1}{2} \times x", display=True) == [
        "math",
        {"display": "block"},
        [
            "mrow",
            {},
            ["mfrac", {}, ["mrow", {}, ["mn", {}, "1"]], ["mrow", {}, ["mn", {}, "2"]]],
            ["mo", {}, "\N{MULTIPLICATION SIGN}"],
            ["mi", {}, "x"],
        ],
    ]


@needs_latex2mathml
@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed;inset:0}{x}",
        r"\class{card}{x}",
        r"\rule{900em}{900em}x",
        r"\hspace{999em}x",
    ],
)
def test_links_styles_and_sizes_do_not_come_through(tex: str) -> None:
    """Whether the library refuses them or hands them out."""
    assert not dangerous(to_mathml(tex, display=False))


def dangerous(mathml: Any) -> list[str]:
    """What an attacker would like to see."""
    text = json.dumps(mathml)
    return [sign for sign in ('"href"', '"style"', '"class"', "999", "900") if sign in text]


@needs_latex2mathml
@pytest.mark.parametrize(
    "tex",
    [
        r"\newcommand{\a}{\b\b}\newcommand{\b}{\c\c}\a",
        r"\def\a{\a\a}\a",
        r"\frac{1}",
        r"\left(",
        "x^{" * 100 + "}" * 100,
        "x" * (MAX_LENGTH + 1),
    ],
)
def test_what_stays_tex(tex: str) -> None:
    """Macros, the broken, the deep and the long."""
    formula = Formula(tex, "$", "$", display=False)
    assert Typesetter().typeset(formula) is None


@needs_latex2mathml
def test_a_page_costs_no_more_than_its_bound() -> None:
    """Repeated formulas are free, new ones are set as long as there is room."""
    typesetter = Typesetter()
    with patch.object(typesetter, "_left", 10):
        five = Formula("1+1+1", "$", "$", display=False)
        assert [typesetter.typeset(five) is not None for _ in range(5)] == [True] * 5
        assert typesetter.typeset(Formula("2+2+2", "$", "$", display=False)) is not None
        assert typesetter.typeset(Formula("3", "$", "$", display=False)) is None
    assert not typesetter.missing


def test_without_the_library_everything_stays_tex() -> None:
    """And the page can say why."""
    typesetter = Typesetter()
    with patch.object(formulas, "_is_installed", lambda: False):
        assert typesetter.typeset(Formula("x", "$", "$", display=False)) is None
    assert typesetter.missing
