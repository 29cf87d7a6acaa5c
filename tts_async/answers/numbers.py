"""Plain numbers in all their writings, exactly."""

import re
from fractions import Fraction

_DECIMAL = re.compile(
    r"([-+]?)((?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?|\.\d+)((?:[eE][-+]?\d{1,3})?)", re.ASCII
)
_REPEATING = re.compile(r"([-+]?)(\d*)\.(\d*)\\overline\{(\d+)\}", re.ASCII)
_SLASHED = re.compile(r"([-+]?)(?:(\d+) )?(\d+)/(\d+)", re.ASCII)
_PART = r"(?:\{([-+]?\d+)\}|(\d))"
_FRACTION = re.compile(rf"([-+]?)(\d*)\\frac{_PART}{_PART}", re.ASCII)


def read_number(text: str) -> Fraction | None:
    """The value of a decimal, repeating, mixed or fractional number; ``None`` for all else."""
    value: Fraction | None
    if decimal := _DECIMAL.fullmatch(text):
        value = Fraction(decimal[2].replace(",", "") + decimal[3])
    elif repeating := _REPEATING.fullmatch(text):
        value = _repeating(*repeating.groups()[1:])
    elif slashed := _SLASHED.fullmatch(text):
        value = _ratio(slashed[2], slashed[3], slashed[4])
    elif fraction := _FRACTION.fullmatch(text):
        _, whole, *parts = fraction.groups()
        value = _ratio(whole, parts[0] or parts[1], parts[2] or parts[3])
    else:
        return None
    return -value if value is not None and text.startswith("-") else value


def _repeating(whole: str, fixed: str, period: str) -> Fraction:
    """0.1666…, where the whole is 0, the fixed part 1 and the period 6."""
    steady = Fraction(int(whole + fixed or "0"), 10 ** len(fixed))
    return steady + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(fixed))


def _ratio(whole: str | None, numerator: str, denominator: str) -> Fraction | None:
    if int(denominator) == 0:
        return None
    return int(whole or 0) + Fraction(int(numerator), int(denominator))
