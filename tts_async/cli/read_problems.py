"""The problems of ``eval``, loaded as its options say; a warning for rows that are left out."""

import warnings

from tts_async.cli.running import say
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets import ARITHMETIC, Columns, SkippedRows
from tts_async.types.problem import Problem


def read_problems(
    dataset: str,
    *,
    level: int | None = None,
    limit: int | None = None,
    seed: int = 0,
    split: str | None = None,
    problem_column: str | None = None,
    answer_column: str | None = None,
    skip_bad: bool = False,
) -> list[Problem]:
    """``load_problems``; what ``skip_bad`` leaves out is said on stderr."""
    columns = Columns(problem=problem_column, answer=answer_column)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SkippedRows)
        problems = load_problems(
            dataset,
            level=level,
            limit=limit,
            seed=seed,
            split=split,
            columns=None if dataset == ARITHMETIC and columns == Columns() else columns,
            skip_bad=skip_bad,
        )
    for warning in caught:
        if isinstance(warning.message, SkippedRows):
            for line in str(warning.message).splitlines():
                say(f"warning: {line}")
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return problems
