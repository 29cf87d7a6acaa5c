"""The options that only ``eval`` has; those that belong together as groups."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from tts_async.cli.recipes import apply_recipe
from tts_async.cli.search_options import StrategyOptions
from tts_async.errors import ConfigurationError
from tts_async.evaluation import Folder

_MODELS: Final = "Models"
_SEARCH: Final = "Search"
_OUTPUT: Final = "Output"

Strategies = Annotated[
    str | None,
    typer.Option(
        help="Names, separated by commas, each with a selection of its own if you like: "
        "best_of_n,best_of_n:naive. (default: greedy,majority,best_of_n,beam_search,dvts; "
        "greedy,majority without a verifier)",
        rich_help_panel=_SEARCH,
    ),
]
Counts = Annotated[
    str,
    typer.Option(
        "--n",
        help="Candidates per problem, separated by commas; greedy runs once whatever they are.",
        rich_help_panel=_SEARCH,
    ),
]
SystemPrompt = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="What the model is told before every problem, instead of our own.",
        rich_help_panel=_SEARCH,
    ),
]
Seeds = Annotated[
    int,
    typer.Option(
        help="So many runs of everything, with the seeds from --seed on.",
        rich_help_panel=_SEARCH,
    ),
]
MaxInFlight = Annotated[
    int | None,
    typer.Option(help="The most problems at a time.", rich_help_panel=_MODELS),
]
Recipe = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE",
        is_eager=True,  # the other options take their defaults from it
        callback=apply_recipe,
        help="A published setup, or a TOML file of your own: options that count where they "
        "are not given here.",
        rich_help_panel=_MODELS,
    ),
]


@dataclass(frozen=True, kw_only=True)
class PlanOptions(StrategyOptions):
    """The options of strategies, those of the reference included."""

    filter_duplicates: Annotated[
        bool | None,
        typer.Option(
            "--filter-duplicates/--no-filter-duplicates",
            show_default=False,
            help="Leave out beams with the same text, as the reference can (sal_beam_search).",
            rich_help_panel=_SEARCH,
        ),
    ] = None
    sort_completed: Annotated[
        bool | None,
        typer.Option(
            "--sort-completed/--no-sort-completed",
            show_default=False,
            help="Return the best beams, as the reference can (sal_beam_search).",
            rich_help_panel=_SEARCH,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class FolderOptions:
    """Where to write; raises ``ConfigurationError`` for options that contradict each other."""

    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write. (default: runs/DATASET-TIME)",
            rich_help_panel=_OUTPUT,
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the evaluation in --out, which was interrupted or is to have more "
            "strategies, budgets, seeds or problems. Nothing that it knows is asked for again.",
            rich_help_panel=_OUTPUT,
        ),
    ] = False
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace the evaluation in --out.", rich_help_panel=_OUTPUT
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.resume and self.overwrite:
            raise ConfigurationError("resume: give either --resume or --overwrite, not both")
        if self.resume and self.out is None:
            raise ConfigurationError("resume: name the folder of the evaluation with --out")

    def find(self, dataset: str) -> Folder:
        """The folder, named after the data set and the time unless it has a name."""
        name = f"{Path(dataset).stem}-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005
        path = self.out or Path("runs") / name
        return Folder(path, resume=self.resume, overwrite=self.overwrite)
