"""The options that only ``eval`` has."""

from pathlib import Path
from typing import Annotated, Final

import typer

from tts_async.cli.recipes import apply_recipe

_MODELS: Final = "Models"
_SEARCH: Final = "Search"
_OUTPUT: Final = "Output"
_PROBLEMS: Final = "Problems"

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
BeamWidth = Annotated[
    int | None,
    typer.Option(
        help="Children per step (tree search), at most n. (default: 4)",
        rich_help_panel=_SEARCH,
    ),
]
FilterDuplicates = Annotated[
    bool | None,
    typer.Option(
        "--filter-duplicates/--no-filter-duplicates",
        show_default=False,
        help="Leave out beams with the same text, as the reference can (sal_beam_search).",
        rich_help_panel=_SEARCH,
    ),
]
SortCompleted = Annotated[
    bool | None,
    typer.Option(
        "--sort-completed/--no-sort-completed",
        show_default=False,
        help="Return the best beams, as the reference can (sal_beam_search).",
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
Level = Annotated[
    int | None, typer.Option(help="One level of difficulty only.", rich_help_panel=_PROBLEMS)
]
Limit = Annotated[
    int | None,
    typer.Option(
        help="The first so many problems. (default: all; 100 of arithmetic)",
        rich_help_panel=_PROBLEMS,
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        help="Of a data set on the hub. (default: test, or the only one)",
        rich_help_panel=_PROBLEMS,
    ),
]
ProblemColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Where the question is. (default: problem or question)",
        rich_help_panel=_PROBLEMS,
    ),
]
AnswerColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Where the reference answer is. (default: answer, final_answer, or the end of "
        "solution)",
        rich_help_panel=_PROBLEMS,
    ),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad",
        help="Leave out rows that are no problem, and say which; otherwise they are an error.",
        rich_help_panel=_PROBLEMS,
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
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where to write. (default: runs/DATASET-TIME)",
        rich_help_panel=_OUTPUT,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Go on with the evaluation in --out, which was interrupted or is to have more "
        "strategies, budgets, seeds or problems. Nothing that it knows is asked for again.",
        rich_help_panel=_OUTPUT,
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace the evaluation in --out.", rich_help_panel=_OUTPUT),
]
