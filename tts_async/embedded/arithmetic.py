"""The embedded task: whole-number arithmetic, solved one operation per step.

Problems are drawn from a seed and never stored. A problem belongs to the training or to the
held-out side by a stable hash of its canonical expression, so no seed, level or phrasing can
bring a held-out expression into training. Every step of any solution can be labelled exactly:
re-run the reducer on the line before it.

Pure Python on purpose: `tts-async eval arithmetic` draws its problems here at run time.
"""

# ruff: noqa: PLR2004, S311 (draws of a seeded task, not secrets; its ranges are the task)

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tts_async.embedded.expressions import (
    Expression,
    Operation,
    canonical,
    evaluate,
    parse,
    reductions,
    render,
    split,
)

__all__ = [
    "LARGEST",
    "LEVELS",
    "ArithmeticProblem",
    "Example",
    "check_steps",
    "final_step",
    "generate",
    "held_out",
    "is_held_out",
    "line_after",
    "next_step",
    "random_expression",
    "right_steps",
    "solution",
    "training_stream",
]

LEVELS = (1, 2, 3, 4, 5)
LARGEST = 9999
"""Every intermediate result is a whole number in 1..LARGEST."""

_LARGEST_LONG_PRODUCT = 1999
_HELD_OUT_IN = 10
_LEFTMOST = 0.5
_SPLIT = {"*": 0.25, "+": 0.12, "-": 0.12}
_SHORT = 0.06
_MINIMAL = 0.12
_FINAL = "Therefore, the final answer is: $\\boxed{"
_STEP = re.compile(r"## Step (\d+): (\d+)([-+*])(\d+) = ([-+\d]+)\n(.+)")
_ANSWER = re.compile(re.escape(_FINAL) + r"(\d+)\}\$\.")
_PHRASINGS = (
    "What is {}?",
    "What is {}?",
    "What is {}",
    "what is {}?",
    "What is the value of {}?",
    "Compute {}",
    "Compute {}.",
    "Compute: {}",
    "Evaluate {}.",
    "Evaluate {}",
    "Calculate {}.",
    "Calculate {}",
    "{} = ?",
    "{} =",
    "{}=",
)


@dataclass(frozen=True, slots=True)
class ArithmeticProblem:
    """One problem; `level` L has L + 2 operations."""

    text: str
    answer: str
    level: int
    expression: str


@dataclass(frozen=True, slots=True)
class Example:
    """A training problem as asked, the line the first step starts from, and one solution."""

    text: str
    expression: str
    steps: list[str]


def random_expression(operations: int, rng: Random, hard: float = 0.1) -> Expression:
    """Draw a tree with that many operations, all its values in 1..LARGEST.

    `hard` weighs the products that do not fit the multiplication table (an easy one weighs 2).
    """
    while True:
        drawn = _draw(operations, rng, hard)
        if drawn is not None:
            return drawn[0]


def _draw(operations: int, rng: Random, hard: float) -> tuple[Expression, int] | None:
    if operations == 0:
        number = rng.randint(2, 9) if rng.random() < 0.3 else rng.randint(10, 99)
        return number, number
    size = rng.randrange(operations)
    left, right = _draw(size, rng, hard), _draw(operations - 1 - size, rng, hard)
    if left is None or right is None:
        return None
    if left[1] < right[1] and rng.random() < 0.5:
        left, right = right, left
    (a, x), (b, y) = left, right
    weights = {
        "+": 1.0 if x + y <= LARGEST else 0.0,
        "-": 1.6 if x > y else 0.0,
        "*": _product_weight(min(x, y), max(x, y), hard),
    }
    if not any(weights.values()):
        return None
    symbol = rng.choices(list(weights), list(weights.values()))[0]
    expression = Operation(symbol, a, b)
    return expression, {"+": x + y, "-": x - y, "*": x * y}[symbol]


def _product_weight(small: int, big: int, hard: float) -> float:
    """Keep to products that a tiny model can learn by heart or digit by digit."""
    if small <= 9:
        if big <= 99:
            return 2.0
        return hard if small * big <= _LARGEST_LONG_PRODUCT else 0.0
    return hard if big <= 25 else 0.0


def is_held_out(expression: Expression) -> bool:
    """Which side of the split: a property of the expression alone."""
    digest = hashlib.blake2b(canonical(expression).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _HELD_OUT_IN == 0


def generate(level: int, index: int, seed: int = 0) -> ArithmeticProblem:
    """The held-out problem number `index` of a level."""
    if level not in LEVELS:
        raise ValueError(f"level must be one of {LEVELS}, not {level!r}")
    rng = Random(f"held-out/{seed}/{level}/{index}")
    while True:
        expression = random_expression(level + 2, rng)
        if is_held_out(expression):
            text = render(expression)
            return ArithmeticProblem(text, str(evaluate(expression)), level, text)


def held_out(level: int, count: int, seed: int = 0) -> list[ArithmeticProblem]:
    """`count` different held-out problems of one level; a prefix of any longer list."""
    problems: dict[str, ArithmeticProblem] = {}
    index = 0
    while len(problems) < count:
        problem = generate(level, index, seed)
        problems.setdefault(problem.text, problem)
        index += 1
    return list(problems.values())


def training_stream(seed: int, *, varied: bool = True) -> Iterator[Example]:
    """Endless training problems with solutions, levels mixed, phrased as people type them."""
    rng = Random(f"training/{seed}")
    while True:
        short = rng.random() < _SHORT
        operations = rng.randint(1, 2) if short else rng.randint(3, 7)
        # Half of the problems have more of the hard products than the held-out ones: facts that
        # are too rare in training are the ones that no number of samples gets right.
        expression = random_expression(operations, rng, hard=rng.choice((0.2, 0.8)))
        if is_held_out(expression):
            continue
        minimal = rng.random() < (0.5 if short else _MINIMAL)
        text = render(expression, minimal=minimal, spaced=rng.random() < 0.1)
        if rng.random() < (0.7 if short else 0.15):
            text = rng.choice(_PHRASINGS).format(text)
        line = render(expression, minimal=minimal)
        yield Example(text, line, solution(expression, rng, minimal=minimal, varied=varied))


def solution(
    expression: Expression, rng: Random, *, minimal: bool = False, varied: bool = True
) -> list[str]:
    """Steps to the answer, the leftmost possible operation first.

    A ``varied`` one takes any possible operation next and does it at once or in parts: what a
    verifier has to know, since it is right as well.
    """
    steps: list[str] = []
    while isinstance(expression, Operation):
        step, expression = next_step(
            expression, len(steps) + 1, rng, minimal=minimal, varied=varied
        )
        steps.append(step)
    return [*steps, final_step(expression)]


def next_step(
    expression: Expression,
    number: int,
    rng: Random,
    *,
    minimal: bool = False,
    varied: bool = True,
) -> tuple[str, Expression]:
    """The teacher's step from an expression that is not yet a number, and what it leaves."""
    options = list(reductions(expression))
    choice = 0 if rng.random() < (_LEFTMOST if varied else 1.0) else rng.randrange(len(options))
    done, after = options[choice]
    result: Expression = evaluate(done)
    parts = split(done)
    if parts is not None and rng.random() < (_SPLIT[done.symbol] if varied else 0.0):
        result = parts
        after = list(reductions(expression, lambda op: split(op) or evaluate(op)))[choice][1]
    line = render(after, minimal=minimal)
    return f"## Step {number}: {render(done)} = {render(result, minimal=True)}\n{line}\n\n", after


def final_step(value: int) -> str:
    """The last step, after which the answer ends."""
    return f"{_FINAL}{value}}}$."


def check_steps(expression: str, steps: Sequence[str]) -> list[bool]:
    """Label each step by the line before it, so a right step can follow a slip."""
    labels = []
    line = parse(expression)
    for number, step in enumerate(steps, 1):
        right, line = _check_step(line, number, step.removesuffix("\n\n"))
        labels.append(right)
    return labels


def _check_step(line: Expression | None, number: int, step: str) -> tuple[bool, Expression | None]:
    """Label one step and return the line it leaves (`None`: nothing can follow it)."""
    if answer := _ANSWER.fullmatch(step):
        return line == int(answer[1]), None
    if not (match := _STEP.fullmatch(step)):
        return False, None
    after = parse(match[6])
    if line is None or int(match[1]) != number:
        return False, after
    claimed, result = Operation(match[3], int(match[2]), int(match[4])), parse(match[5])
    right = any(
        done == claimed and rest == after
        for become in (evaluate, split)
        if result is not None and become(claimed) == result
        for done, rest in reductions(line, become)
    )
    return right, after


def line_after(step: str) -> Expression | None:
    """The expression that a step leaves, whether or not it is the right one."""
    match = _STEP.fullmatch(step.removesuffix("\n\n"))
    return parse(match[6]) if match else None


def right_steps(line: Expression, number: int) -> set[str]:
    """Every right step from a line, in both styles of parentheses."""
    if isinstance(line, int):
        return {final_step(line)}
    texts = set()
    for become in (evaluate, split):
        for done, after in reductions(line, become):
            result = become(done)
            assert result is not None
            start = f"## Step {number}: {render(done)} = {render(result, minimal=True)}\n"
            texts |= {start + render(after, minimal=style) + "\n\n" for style in (False, True)}
    return texts
