"""Single options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated, Final

import typer

_SEARCH: Final = "Search"
_SERVER: Final = "Server"
_OUTPUT: Final = "Output"

Policy = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What calibrate wrote: which strategy for which difficulty (compute_optimal). "
        "(default: the published findings)",
        rich_help_panel=_SEARCH,
    ),
]
Seed = Annotated[
    int, typer.Option(help="The same seed gives the same search.", rich_help_panel=_SEARCH)
]
OutageSeconds = Annotated[
    float,
    typer.Option(
        min=0,
        help="Seconds to wait for a model's server that does not answer; then requests fail "
        "until it does.",
        rich_help_panel=_SERVER,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object and nothing else.", rich_help_panel=_OUTPUT),
]
Trace = Annotated[
    bool,
    typer.Option(
        "--trace",
        help="Send traces to an OpenTelemetry collector, as its OTEL_… variables say.",
        rich_help_panel=_OUTPUT,
    ),
]
Reference = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL=ACCURACY",
        help="A horizontal line in the curves; the accuracy (0 to 1) or a results.json, whose "
        "greedy row counts. May be repeated.",
        rich_help_panel=_OUTPUT,
    ),
]
