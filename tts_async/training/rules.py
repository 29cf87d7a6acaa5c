"""Rules that label steps without a draw."""

from collections.abc import Sequence

from tts_async.embedded.arithmetic import check_steps
from tts_async.types.problem import Problem


def check_arithmetic(problem: Problem, steps: Sequence[str]) -> list[bool]:
    """Do every step of the embedded task again; the labels are local.

    The expression is the problem's text, or its metadata's ``expression`` where the text says it
    in words.
    """
    expression = str(problem.metadata.get("expression", problem.text))
    return check_steps(expression, steps)
