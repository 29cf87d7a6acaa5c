"""The task: what may be drawn, the split, and exact labels."""

from __future__ import annotations

import re
from itertools import islice
from random import Random

import pytest

from tts_async.embedded.arithmetic import (
    LARGEST,
    LEVELS,
    check_steps,
    generate,
    held_out,
    is_held_out,
    random_expression,
    solution,
    training_stream,
)
from tts_async.embedded.expressions import Operation, evaluate, parse, render
from tts_async.steps import split_steps

GOLD = [
    "## Step 1: 9*12 = 108\n108-(41+66)\n\n",
    "## Step 2: 41+66 = 107\n108-107\n\n",
    "## Step 3: 108-107 = 1\n1\n\n",
    "Therefore, the final answer is: $\\boxed{1}$.",
]
EXPRESSION = "(9*12)-(41+66)"


def test_gold_steps_are_right() -> None:
    """The format of the issue, label by label."""
    assert check_steps(EXPRESSION, GOLD) == [True] * 4


@pytest.mark.parametrize(
    ("index", "step", "labels"),
    [
        # A wrong result, carried into the line; the old next step no longer follows from it.
        (0, "## Step 1: 9*12 = 118\n118-(41+66)\n\n", [False, False, True, True]),
        # The result is right but the line is copied wrongly.
        (0, "## Step 1: 9*12 = 108\n108-(41+86)\n\n", [False, False, True, True]),
        # An operation that is not in the line.
        (1, "## Step 2: 41+65 = 106\n108-106\n\n", [True, False, False, True]),
        # Another order is as right as the first one; what followed no longer fits.
        (0, "## Step 1: 41+66 = 107\n(9*12)-107\n\n", [True, False, True, True]),
        # In parts.
        (0, "## Step 1: 9*12 = 90+18\n(90+18)-(41+66)\n\n", [True, False, True, True]),
        (0, "## Step 1: 9*12 = 80+28\n(80+28)-(41+66)\n\n", [False, False, True, True]),
        # The wrong number of a step, no step at all, a wrong final answer.
        (1, "## Step 3: 41+66 = 107\n108-107\n\n", [True, False, True, True]),
        (1, "41+66 is 107\n\n", [True, False, False, True]),
        (3, "Therefore, the final answer is: $\\boxed{2}$.", [True, True, True, False]),
        (2, "Therefore, the final answer is: $\\boxed{1}$.", [True, True, False, False]),
    ],
)
def test_labels_are_local(index: int, step: str, labels: list[bool]) -> None:
    """A step is judged by the line before it, so right steps can follow a slip."""
    steps = [*GOLD[:index], step, *GOLD[index + 1 :]]
    assert check_steps(EXPRESSION, steps) == labels


@pytest.mark.parametrize("level", LEVELS)
def test_held_out_problems(level: int) -> None:
    """Different, all of the asked level, on the held-out side; a shorter list is a prefix."""
    problems = held_out(level, 40, seed=1)
    assert problems == held_out(level, 60, seed=1)[:40]
    assert len({problem.text for problem in problems}) == 40
    for problem in problems:
        expression = parse(problem.expression)
        assert expression is not None
        assert render(expression) == problem.text == problem.expression
        assert len(re.findall(r"[-+*]", problem.text)) == level + 2
        assert is_held_out(expression)
        assert problem.answer == str(evaluate(expression))


def test_every_intermediate_value_is_in_range() -> None:
    """Whatever the order of operations, nothing leaves 1..LARGEST."""

    def values(expression: int | Operation) -> list[int]:
        if isinstance(expression, int):
            return [expression]
        parts = values(expression.left) + values(expression.right)
        return [evaluate(expression), *parts]

    rng = Random(0)
    for _ in range(500):
        assert all(1 <= value <= LARGEST for value in values(random_expression(5, rng)))


def test_training_never_shows_a_held_out_expression() -> None:
    """The split is a property of the expression, whatever the order of sums and products."""
    for example in islice(training_stream(7), 500):
        expression = parse(example.expression)
        assert expression is not None
        assert not is_held_out(expression)
        assert all(check_steps(example.expression, example.steps))
    assert is_held_out(Operation("+", 3, 4)) == is_held_out(Operation("+", 4, 3))


def test_same_seed_same_problems() -> None:
    """Problems are never stored, so the seed must say it all."""
    assert list(islice(training_stream(3), 50)) == list(islice(training_stream(3), 50))
    assert list(islice(training_stream(3), 50)) != list(islice(training_stream(4), 50))
    assert generate(5, 11, seed=2) == generate(5, 11, seed=2)


def test_unknown_level_is_refused() -> None:
    """Levels are 1..5."""
    with pytest.raises(ValueError, match="level"):
        generate(6, 0)


def test_solutions_differ_in_order_and_all_are_right() -> None:
    """Diversity of the teacher, and text that splits back into its steps."""
    expression = parse("((7*83)-(12+9))+(40-(6*5))")
    assert expression is not None
    texts = set()
    for seed in range(30):
        steps = solution(expression, Random(seed))
        assert all(check_steps(render(expression), steps))
        assert list(split_steps("".join(steps))) == steps
        texts.add("".join(steps))
    assert len(texts) > 5


@pytest.mark.parametrize(
    "text", ["", "(", "3+", "03+4", "3 + 4", "3--4", "x", "(3+4", "3)", "((" * 500 + "1"]
)
def test_other_text_is_not_an_expression(text: str) -> None:
    """Whatever a model writes, parsing it never raises."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("12*7+5", 89), ("99-45*2", 9), ("20-5-3", 12), ("20-(5-3)", 18)]
)
def test_precedence(text: str, value: int) -> None:
    """Problems typed without parentheses mean what they mean on paper."""
    expression = parse(text)
    assert expression is not None
    assert evaluate(expression) == value
    assert render(expression, minimal=True) == text
