"""Arithmetic expressions as trees: parse, print, and reduce by exactly one operation.

A solution step performs one operation whose two operands are plain numbers, at once or split in
parts, and rewrites the line. Both the teacher (which writes solutions) and the checker (which
labels steps) need only that notion, so it lives here, away from how problems are drawn
(`arithmetic.py`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = [
    "Expression",
    "Operation",
    "canonical",
    "evaluate",
    "parse",
    "reductions",
    "render",
    "split",
]


@dataclass(frozen=True, slots=True)
class Operation:
    """`left symbol right`; `symbol` is one of + - *."""

    symbol: str
    left: Expression
    right: Expression


Expression = int | Operation

_APPLY: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_PRECEDENCE = {"+": 1, "-": 1, "*": 2}
_TOKEN = re.compile(r"\d+|[-+*()]")
_LINE = re.compile(r"[-+*()0-9]+")
_MAX_DEPTH = 64


def evaluate(expression: Expression) -> int:
    """The exact value."""
    if isinstance(expression, int):
        return expression
    return _APPLY[expression.symbol](evaluate(expression.left), evaluate(expression.right))


def render(expression: Expression, *, minimal: bool = False, spaced: bool = False) -> str:
    """Print with every inner operation in parentheses, or only where precedence asks for them."""
    if isinstance(expression, int):
        return str(expression)
    symbol = f" {expression.symbol} " if spaced else expression.symbol
    texts = []
    for child, is_right in ((expression.left, False), (expression.right, True)):
        text = render(child, minimal=minimal, spaced=spaced)
        if isinstance(child, Operation):
            mine, theirs = _PRECEDENCE[expression.symbol], _PRECEDENCE[child.symbol]
            if not minimal or theirs < mine or (is_right and theirs == mine):
                text = f"({text})"
        texts.append(text)
    return f"{texts[0]}{symbol}{texts[1]}"


def canonical(expression: Expression) -> str:
    """One text for all expressions that differ only in the order of sums and products."""
    if isinstance(expression, int):
        return str(expression)
    left, right = canonical(expression.left), canonical(expression.right)
    if expression.symbol != "-" and right < left:
        left, right = right, left
    return f"({left}{expression.symbol}{right})"


def split(operation: Operation) -> Expression | None:
    """The operation done in parts, as one does on paper; `None` where there are no parts.

    `7*83` becomes `560+21`, `48+37` becomes `78+7`, `143-67` becomes `83-7`.
    """
    left, right = operation.left, operation.right
    if not isinstance(left, int) or not isinstance(right, int):
        return None
    if operation.symbol == "*":
        small, big = min(left, right), max(left, right)
        digits = str(big)
        parts = [
            small * int(digit) * 10 ** (len(digits) - 1 - place)
            for place, digit in enumerate(digits)
            if digit != "0"
        ]
        if len(parts) == 1:
            return None
        total: Expression = parts[0]
        for part in parts[1:]:
            total = Operation("+", total, part)
        return total
    tens, units = right - right % 10, right % 10
    if not tens or not units:
        return None
    return Operation(operation.symbol, _APPLY[operation.symbol](left, tens), units)


def reductions(
    expression: Expression, become: Callable[[Operation], Expression | None] = evaluate
) -> Iterator[tuple[Operation, Expression]]:
    """Every operation that can be done now, left to right, with the expression after it.

    `become` says what stands in the operation's place: its value, or `split`.
    """
    if isinstance(expression, int):
        return
    left, right = expression.left, expression.right
    if isinstance(left, int) and isinstance(right, int):
        result = become(expression)
        if result is not None:
            yield expression, result
        return
    for done, rest in reductions(left, become):
        yield done, Operation(expression.symbol, rest, right)
    for done, rest in reductions(right, become):
        yield done, Operation(expression.symbol, left, rest)


def parse(text: str) -> Expression | None:
    """Read one line without spaces; `None` when it is not an expression of ours."""
    if not _LINE.fullmatch(text):
        return None
    tokens = _TOKEN.findall(text)
    try:
        expression, end = _parse_sum(tokens, 0, 0)
    except (IndexError, ValueError):
        return None
    return expression if end == len(tokens) else None


def _parse_sum(tokens: list[str], at: int, depth: int) -> tuple[Expression, int]:
    left, at = _parse_product(tokens, at, depth)
    while at < len(tokens) and tokens[at] in "+-":
        symbol = tokens[at]
        right, at = _parse_product(tokens, at + 1, depth)
        left = Operation(symbol, left, right)
    return left, at


def _parse_product(tokens: list[str], at: int, depth: int) -> tuple[Expression, int]:
    left, at = _parse_atom(tokens, at, depth)
    while at < len(tokens) and tokens[at] == "*":
        right, at = _parse_atom(tokens, at + 1, depth)
        left = Operation("*", left, right)
    return left, at


def _parse_atom(tokens: list[str], at: int, depth: int) -> tuple[Expression, int]:
    word = tokens[at]
    if word.isdigit():
        if word != str(int(word)):
            raise ValueError
        return int(word), at + 1
    if word != "(" or depth >= _MAX_DEPTH:
        raise ValueError
    inner, at = _parse_sum(tokens, at + 1, depth + 1)
    if tokens[at] != ")":
        raise ValueError
    return inner, at + 1
