"""See at a glance that two formulas differ: their values at one fixed point do.

math-verify tries to simplify the difference of two formulas, and to solve two equations, before
it calls them different. That takes ten to a hundred milliseconds where a remembered value takes
none, and most pairs in a vote are different. A glance never calls anything equal, and it looks
away (``None``) from whatever has no value: sets, inequalities, matrices, single symbols (which may
be words), percentages (which math-verify compares in ways of its own).
"""

import cmath
import zlib
from dataclasses import dataclass
from typing import Any

# math-verify rounds to six decimals and evaluates to fifteen digits; we differ only well beyond.
_ABSOLUTE, _RELATIVE = 2e-6, 1e-9


@dataclass(frozen=True, slots=True)
class Glance:
    """A formula's ``value``, and the ``name`` it is assigned to (as in y = 2x + 3), if any."""

    value: complex
    name: str = ""


def glance_at(expression: Any) -> Glance | None:
    """Value of a sympy expression with a fixed positive number for each of its symbols."""
    name = ""
    if getattr(expression, "is_Equality", False):
        left, expression = expression.lhs, expression.rhs
        if not left.is_Symbol or left in expression.free_symbols:
            return None
        name = left.name
    elif getattr(expression, "is_Symbol", True):
        return None
    try:
        point = {symbol: _number_for(symbol.name) for symbol in expression.free_symbols}
        value = complex(expression.subs(point).evalf())
    except Exception:  # noqa: BLE001 - sympy raises anything on what it cannot evaluate
        return None
    return Glance(value, name) if cmath.isfinite(value) else None


def surely_differ(a: Glance | None, b: Glance | None) -> bool:
    """Whether two values of the same kind are further apart than any rounding could bring them."""
    if a is None or b is None or a.name != b.name:
        return False
    size = max(abs(a.value), abs(b.value))
    return abs(a.value - b.value) > _ABSOLUTE + _RELATIVE * size


def _number_for(name: str) -> float:
    """Between 0.5 and 1.5, the same in every process."""
    return 0.5 + zlib.crc32(name.encode()) / 2**32
