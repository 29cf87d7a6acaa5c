"""How to search, as options: the strategy's own, and what holds for every strategy."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Annotated, Final

import typer

from tts_async.cli import options
from tts_async.errors import ConfigurationError
from tts_async.evaluation.plans import fitting_width, option_names
from tts_async.strategies import Greedy, Strategy, make_strategy, name_of, needs_verifier
from tts_async.types.generation import Sampling

_SEARCH: Final = "Search"


@dataclass(frozen=True, kw_only=True)
class StrategyOptions:
    """The options of strategies; each knows some of them, and refuses the others."""

    beam_width: Annotated[
        int | None,
        typer.Option(
            help="Children per step (tree search), at most n. (default: 4)",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    lookahead: Annotated[
        int | None,
        typer.Option(
            help="Greedy steps to judge a candidate by (tree search).", rich_help_panel=_SEARCH
        ),
    ] = None
    max_steps: Annotated[
        int | None,
        typer.Option(help="The most steps of one answer (tree search).", rich_help_panel=_SEARCH),
    ] = None
    select: Annotated[
        str | None,
        typer.Option(help="The vote: weighted, majority or naive.", rich_help_panel=_SEARCH),
    ] = None
    early_stop: Annotated[
        bool | None,
        typer.Option(
            "--early-stop/--no-early-stop",
            show_default=False,
            help="Draw no more answers once the rest cannot change who wins (majority, "
            "best_of_n). (default: on)",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    confidence: Annotated[
        float | None,
        typer.Option(
            help="Stop sooner: when the leading answer leads with this probability (majority).",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    policy: options.Policy = None

    def make(self, name: str, n: int | None) -> Strategy:
        """The strategy; a beam that nobody asked for is no wider than ``n``.

        Raises ``ConfigurationError`` for a strategy that is none and options that it has not.
        """
        given = asdict(self)
        if self.beam_width is None and n is not None and "beam_width" in option_names(name):
            given["beam_width"] = fitting_width(n)
        return make_strategy(name, n=n, **given)


@dataclass(frozen=True, kw_only=True)
class SamplingOptions:
    """How to draw; raises ``ConfigurationError`` for values that no generator takes."""

    temperature: Annotated[
        float | None, typer.Option(help="Sampling temperature.", rich_help_panel=_SEARCH)
    ] = None
    top_p: Annotated[
        float | None, typer.Option(help="Nucleus sampling.", rich_help_panel=_SEARCH)
    ] = None
    max_tokens: Annotated[
        int | None,
        typer.Option(help="The most tokens of one continuation.", rich_help_panel=_SEARCH),
    ] = None

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature < math.inf:
            raise ConfigurationError(f"temperature: must be 0 or more, got {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ConfigurationError(f"top-p: must be above 0 and at most 1, got {self.top_p}")
        if self.max_tokens is not None and self.max_tokens < 1:
            raise ConfigurationError(f"max-tokens: must be at least 1, got {self.max_tokens}")

    def over(self, base: Sampling) -> Sampling | None:
        """What was asked for over ``base``; ``None``, the generator's own, where nothing was."""
        asked = {field.name: getattr(self, field.name) for field in fields(Sampling)}
        given = {name: value for name, value in asked.items() if value is not None}
        return replace(base, **given) if given else None


@dataclass(frozen=True, kw_only=True)
class SearchOptions(SamplingOptions):
    """What holds for every strategy."""

    aggregation: Annotated[
        str | None,
        typer.Option(
            help="Step scores to path score: last, min, prod, mean. (default: the verifier's own)",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    token_budget: Annotated[
        int | None,
        typer.Option(
            help="Tokens to spend per problem; then the best answer so far counts.",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    speculate: Annotated[
        bool,
        typer.Option(
            "--speculate",
            help="Draw likely next steps while scores are on their way, where there is room.",
            rich_help_panel=_SEARCH,
        ),
    ] = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.token_budget is not None and self.token_budget < 1:
            raise ConfigurationError(
                f"token-budget: must be at least 1, got {self.token_budget}; leave it out for no"
                " limit"
            )

    def reject_unused(self, strategies: Sequence[Strategy]) -> None:
        """Raise ``ConfigurationError`` for an option that would change nothing for any of them."""
        names = " and ".join(dict.fromkeys(map(name_of, strategies)))
        if self.aggregation is not None and not any(map(needs_verifier, strategies)):
            raise ConfigurationError(f"aggregation: {names} needs no scores; leave the option out")
        if self.temperature and all(isinstance(strategy, Greedy) for strategy in strategies):
            raise ConfigurationError(f"temperature: {names} always uses 0; leave the option out")
