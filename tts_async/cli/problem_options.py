"""Which problems ``eval`` is about; a warning for rows that are left out."""

import warnings
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from tts_async.cli.running import say
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets import ARITHMETIC, Columns, SkippedRows
from tts_async.types.problem import Problem

_PROBLEMS: Final = "Problems"


@dataclass(frozen=True, kw_only=True)
class ProblemOptions:
    """Which rows of a data set, and which of their columns."""

    level: Annotated[
        int | None, typer.Option(help="One level of difficulty only.", rich_help_panel=_PROBLEMS)
    ] = None
    limit: Annotated[
        int | None,
        typer.Option(
            help="The first so many problems. (default: all; 100 of arithmetic)",
            rich_help_panel=_PROBLEMS,
        ),
    ] = None
    split: Annotated[
        str | None,
        typer.Option(
            help="Of a data set on the hub. (default: test, or the only one)",
            rich_help_panel=_PROBLEMS,
        ),
    ] = None
    problem_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Where the question is. (default: problem or question)",
            rich_help_panel=_PROBLEMS,
        ),
    ] = None
    answer_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Where the reference answer is. (default: answer, final_answer, or the end of "
            "solution)",
            rich_help_panel=_PROBLEMS,
        ),
    ] = None
    skip_bad: Annotated[
        bool,
        typer.Option(
            "--skip-bad",
            help="Leave out rows that are no problem, and say which; otherwise they are an error.",
            rich_help_panel=_PROBLEMS,
        ),
    ] = False

    def load(self, dataset: str, *, seed: int) -> list[Problem]:
        """The problems; what ``skip_bad`` leaves out is said on stderr.

        ``seed`` draws those of arithmetic. Raises ``DatasetError`` and ``ConfigurationError``.
        """
        columns = Columns(problem=self.problem_column, answer=self.answer_column)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", SkippedRows)
            problems = load_problems(
                dataset,
                level=self.level,
                limit=self.limit,
                seed=seed,
                split=self.split,
                columns=None if dataset == ARITHMETIC and columns == Columns() else columns,
                skip_bad=self.skip_bad,
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
