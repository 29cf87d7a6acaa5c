"""What the arguments of ``tts-async eval`` mean, where that takes more than a type."""

from pathlib import Path
from typing import Any, Final

import typer

from tts_async.cli.models import Models
from tts_async.errors import ConfigurationError

DEFAULT_STRATEGIES: Final = ("greedy", "majority", "best_of_n", "beam_search", "dvts")
WITHOUT_VERIFIER: Final = ("greedy", "majority")
DECISIVE: Final = (
    *("beam_width", "lookahead", "max_steps", "select", "early_stop", "confidence", "policy"),
    *("filter_duplicates", "sort_completed", "aggregation", "temperature", "top_p", "max_tokens"),
    *("token_budget", "system_prompt", "split", "problem_column", "answer_column", "skip_bad"),
)
"""The options that decide the outcome, besides those that have a place of their own in the report:
who resumes an evaluation has to give the same."""


def default_names(models: Models) -> list[str]:
    """The strategies that are measured where none are named."""
    return [*(DEFAULT_STRATEGIES if models.verifier_name else WITHOUT_VERIFIER)]


def read_names(value: str) -> list[str]:
    """``"greedy, dvts"`` as a list."""
    return [part.strip() for part in value.split(",") if part.strip()]


def read_counts(value: str) -> list[int]:
    """``"1,4,16"`` as a list, in order; raises ``ConfigurationError``."""
    try:
        return sorted({int(part) for part in value.split(",")})
    except ValueError:
        raise ConfigurationError(
            f"n: expected whole numbers such as 1,4,16, got {value!r}"
        ) from None


def read_seeds(first: int, count: int) -> range:
    """``count`` seeds from the first on; raises ``ConfigurationError``."""
    if count < 1:
        raise ConfigurationError(f"seeds: must be at least 1, got {count}")
    return range(first, first + count)


def decisive_options(ctx: typer.Context) -> dict[str, Any]:
    """The options that decide the outcome, as plain data."""
    values = ((name, ctx.params[name]) for name in DECISIVE)
    return {name: str(value) if isinstance(value, Path) else value for name, value in values}
