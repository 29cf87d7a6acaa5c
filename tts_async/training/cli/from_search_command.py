"""``from-search``: training data from the trees of finished searches."""

from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import FAILED, exit_codes, run_interruptible, say
from tts_async.errors import ConfigurationError
from tts_async.training.from_search.best_answers import BestAnswers
from tts_async.training.from_search.exporting import export_searches
from tts_async.training.from_search.preference_pairs import PreferencePairs
from tts_async.training.from_search.recipe import Recipe
from tts_async.training.from_search.searches import read_searches
from tts_async.training.from_search.step_labels import StepLabels

RECIPES: Final[dict[str, Any]] = {"sft": BestAnswers, "dpo": PreferencePairs, "prm": StepLabels}
_RULES: Final = "What counts"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts; every format knows some of it, and refuses the rest."""

    by: Annotated[
        str | None,
        typer.Option(
            metavar="reference|vote|score",
            help="What tells good answers: the reference answer; without one, the vote (sft) or "
            "the verifier's scores (dpo). (default: reference)",
            rich_help_panel=_RULES,
        ),
    ] = None
    min_score: Annotated[
        float | None,
        typer.Option(help="The least score of an answer (sft).", rich_help_panel=_RULES),
    ] = None
    most: Annotated[
        int | None,
        typer.Option(help="The most answers of one search (sft).", rich_help_panel=_RULES),
    ] = None
    between: Annotated[
        str | None,
        typer.Option(
            metavar="siblings|answers",
            help="Compare steps with the same beginning, or whole answers (dpo). "
            "(default: siblings)",
            rich_help_panel=_RULES,
        ),
    ] = None
    margin: Annotated[
        float | None,
        typer.Option(
            help="The least difference of values in a pair (dpo). (default: 0.5)",
            rich_help_panel=_RULES,
        ),
    ] = None
    min_answers: Annotated[
        int | None,
        typer.Option(
            help="The least number of finished answers that value a step (dpo, prm). (default: 1)",
            rich_help_panel=_RULES,
        ),
    ] = None
    soft: Annotated[
        bool | None,
        typer.Option(
            "--soft",
            help="Also the share of right answers for every step (prm).",
            rich_help_panel=_RULES,
        ),
    ] = None


@exit_codes()
@with_option_groups
def export_data(
    searches: Annotated[
        list[Path],
        typer.Argument(
            help="Journals, folders of tts-async eval, or files of results with their trees."
        ),
    ],
    *,
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="sft|dpo|prm",
            help="Best answers, pairs of a better and a worse answer, or labelled steps.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The new file to write.")],
    runs: Annotated[
        list[int] | None,
        typer.Option(
            "--run",
            metavar="NUMBER",
            help="Only this run of the journal, as tts-async runs counts them; may be repeated. "
            "(default: all)",
        ),
    ] = None,
    rules: Rules,
) -> None:
    """Write training data in the dataset formats of TRL from what searches left behind.

    Exits with 1 when nothing could be learned from them.
    """
    recipe = make_recipe(kind, **asdict(rules))
    records = chain.from_iterable(read_searches(path, runs=runs or ()) for path in searches)
    report = run_interruptible(export_searches(records, recipe, out))
    say(f"{report}; in {out}")
    if not report.rows:
        raise typer.Exit(FAILED)


def make_recipe(kind: str, **settings: Any) -> Recipe:
    """The recipe of a format with those settings that are not ``None``.

    Raises ``ConfigurationError`` for an unknown format and for a setting that it does not have.
    """
    if kind not in RECIPES:
        raise ConfigurationError(f"format: expected one of {', '.join(RECIPES)}; got {kind!r}")
    given = {name: value for name, value in settings.items() if value is not None}
    unknown = given.keys() - {field.name for field in fields(RECIPES[kind])}
    for name in sorted(unknown):
        raise ConfigurationError(f"{name}: changes nothing with --format {kind}; leave it out")
    recipe: Recipe = RECIPES[kind](**given)
    return recipe
