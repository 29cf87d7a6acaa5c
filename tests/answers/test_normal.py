r"""The easy comparisons: cosmetics do not count, numbers are exact, doubt is left to others."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.answers.normal import MAX_LENGTH, decide, normal_form


def verdict(a: str, b: str) -> bool | None:
    """What can be said without mathematics, in both directions."""
    one, other = normal_form(a), normal_form(b)
    assert decide(one, other) == decide(other, one)
    return decide(one, other)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("42", " $42$. "),
        ("10,080", r"10,\!080"),
        (r"11,\! 111,\! 111,\! 100", "11111111100"),
        (r"\$32,\!348", "32348"),
        ("0.5", r"\frac12"),
        (r"\dfrac{1}{2}", "1/2"),
        (r"\frac 59", r"\frac{5}{9}"),
        (r"-\frac{24}{25}", r"\frac{-24}{25}"),
        (".0000672", "0.00006720"),
        ("\u2212 5", "-5"),
        ("90^\\circ", "90"),
        (r"90^{\circ}", "90\u00b0"),
        (r"\frac{270}7\text{ degrees}", r"\frac{270}{7}"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3,\frac{\pi}{2})"),
        (r"70 \sqrt{2}", r"70\sqrt{2}"),
        (r"\text{Evelyn}", "Evelyn"),
        (r"\text{(C)}", "C"),
        (r"864 \mbox{ inches}^2", r"864\text{ inches}^2"),
        (r"50\%", "50 percent"),
        (r"50\%", "50"),
        (r"50\%", "0.5"),
        ("2516_8", "2516_{8}"),
        ("{5}", "5"),
        (r"0.\overline{3}", "1/3"),
        (r"-2.1\overline{63}", r"-\frac{119}{55}"),
        (r"0.\overline{9}", "1"),
        (r"3+4\mathrm{i}", "3+4i"),
        (r"3+4\text{i}", "3+4i"),
        (r"\sin 30^\circ", "\\sin 30\u00b0"),
    ],
)
def test_looks_do_not_count(a: str, b: str) -> None:
    """Different writings of the same thing are equal at once."""
    assert verdict(a, b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("5", "-5"),
        ("1/3", "0.333333"),
        ("1,000", "1"),
        ("52_8", "52_9"),
        (r"50\%", "5"),
        ("0", "1"),
        (r"0.\overline{3}", "0.3"),
        (r"2:30 \text{ p.m.}", r"2:30 \text{ a.m.}"),
        ("3 PM", "3 am"),
    ],
)
def test_numbers_differ_exactly(a: str, b: str) -> None:
    """Two plain numbers are equal or different, without rounding."""
    assert verdict(a, b) is False


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("3 5", "35"),
        (r"3 \, 5", "35"),
        ("0.333...", "0.333"),
        ("1/0", "2/0"),
        ("1,2", "12"),
        ("x", "X"),
        (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
        ("x=5", "5"),
        (r"\sin 30^\circ", r"\sin 30"),
        ("3 pm", "3"),
        ("52_8", "x"),
        (r"\begin{pmatrix}1 \\ x\end{pmatrix}", r"\begin{pmatrix}1 \x\end{pmatrix}"),
    ],
)
def test_doubt_is_left_to_mathematics(a: str, b: str) -> None:
    """What only looks alike, or needs thought, is not decided here."""
    assert verdict(a, b) is None


def test_words_are_not_products() -> None:
    """Mathematics gets words as text, where it would see the factors e, a, s and t."""
    assert normal_form("east").latex == r"\text{east}"
    assert normal_form("no solution").latex == r"\text{no solution}"
    assert normal_form("xy").latex == "xy"


def test_long_texts_are_only_texts() -> None:
    """Beyond the length limit, equal means the same characters."""
    long = "1+" * MAX_LENGTH + "1"
    assert verdict(long, f" {long} ") is True
    assert verdict(long, long + "+0") is False
    assert verdict(long, "5") is False


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_every_fraction_is_itself(numerator: int, denominator: int) -> None:
    """Any fraction is read exactly in all three writings."""
    value = Fraction(numerator, denominator)
    for text in (
        f"{numerator}/{denominator}",
        rf"\frac{{{numerator}}}{{{denominator}}}",
        rf"\dfrac{{{numerator}}}{{{denominator}}}",
    ):
        assert normal_form(text).number == value
    assert normal_form(f"{numerator:,}").number == numerator


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_has_a_normal_form(a: str, b: str) -> None:
    """No text breaks it; only numbers, marks and phrases differ at once; a text equals itself."""
    assert verdict(a, a) is True
    if verdict(a, b) is False:
        one, other = normal_form(a), normal_form(b)
        assert (
            one.is_text
            or other.is_text
            or all(f.number is not None or f.mark for f in (one, other))
        )


@given(st.text(alphabet=r"\{}$,.^_ 0123456789fracext()%-", max_size=200))
def test_a_normal_form_is_final(text: str) -> None:
    """Its number and its writing survive being read again."""
    form = normal_form(text)
    if form.number is not None and not form.mark:
        assert normal_form(form.plain).number == form.number
