"""Values at a glance: they tell formulas apart, never more, and look away when in doubt."""

import pytest
import sympy
from sympy.abc import x, y

from tts_async.answers.glance import Glance, glance_at, surely_differ


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (sympy.sqrt(2) / 2, 1 / sympy.sqrt(2)),
        (sympy.sin(x) ** 2 + sympy.cos(x) ** 2 + y, y + 1),
        ((x + 1) ** 9, sympy.expand((x + 1) ** 9)),
        (sympy.pi, sympy.Float("3.141593")),
        (10 ** sympy.Integer(40) * (1 + x), 10 ** sympy.Integer(40) + 10 ** sympy.Integer(40) * x),
        (sympy.exp(sympy.I * sympy.pi), sympy.Integer(-1)),
        (sympy.Eq(y, 2 * x + 3), sympy.Eq(y, 3 + 2 * x)),
    ],
)
def test_equal_formulas_never_differ(a: sympy.Expr, b: sympy.Expr) -> None:
    """Neither writing nor math-verify's rounding to six decimals makes a difference."""
    assert glance_at(a) is not None
    assert not surely_differ(glance_at(a), glance_at(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (x + 1, x + 2),
        (x * y, x + y),
        (sympy.sqrt(2), sympy.Rational(7, 5)),
        (x**2, 2 * x),
        (sympy.Eq(y, x), sympy.Eq(y, 2 * x)),
    ],
)
def test_different_formulas_differ(a: sympy.Expr, b: sympy.Expr) -> None:
    """The usual wrong answers are told apart without any algebra."""
    assert surely_differ(glance_at(a), glance_at(b))


@pytest.mark.parametrize(
    "other",
    ["text", x, x < 1, sympy.Interval(1, 2), sympy.FiniteSet(1), sympy.eye(2), sympy.oo, sympy.zoo],
)
def test_it_looks_away_from_what_has_no_value(other: object) -> None:
    """Words, sets, relations, matrices and infinities are left to math-verify."""
    assert glance_at(other) is None
    assert not surely_differ(glance_at(other), Glance(5))


@pytest.mark.parametrize(
    "other", [sympy.Eq(x, y / 2), sympy.Eq(2 * y, 4 * x), sympy.Eq(y, y * x), 2 * x + 1]
)
def test_assignments_are_seen_only_among_themselves(other: sympy.Basic) -> None:
    """Equations of another form may still be the same line, and y = 2x may answer for 2x."""
    assert not surely_differ(glance_at(sympy.Eq(y, 2 * x)), glance_at(other))
