"""The options that several stages share, each declared once."""

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="Where to write; what stands there already is kept and not done again.",
        rich_help_panel="Output",
    ),
]
Seed = Annotated[int, typer.Option(help="The same seed draws the same.", rich_help_panel="Run")]
MaxInFlight = Annotated[
    int | None,
    typer.Option(
        help="The most problems at a time. (default: what keeps the generator busy)",
        rich_help_panel="Run",
    ),
]
