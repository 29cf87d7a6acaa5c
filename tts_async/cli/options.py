"""The options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated, Final

import typer

_MODELS: Final = "Models"
_SEARCH: Final = "Search"
_OUTPUT: Final = "Output"

Lookahead = Annotated[
    int | None,
    typer.Option(
        help="Greedy steps to judge a candidate by (tree search).", rich_help_panel=_SEARCH
    ),
]
MaxSteps = Annotated[
    int | None,
    typer.Option(help="The most steps of one answer (tree search).", rich_help_panel=_SEARCH),
]
Select = Annotated[
    str | None,
    typer.Option(help="The vote: weighted, majority or naive.", rich_help_panel=_SEARCH),
]
EarlyStop = Annotated[
    bool | None,
    typer.Option(
        "--early-stop/--no-early-stop",
        show_default=False,
        help="Draw no more answers once the rest cannot change who wins (majority, best_of_n). "
        "(default: on)",
        rich_help_panel=_SEARCH,
    ),
]
Confidence = Annotated[
    float | None,
    typer.Option(
        help="Stop sooner: when the leading answer leads with this probability (majority).",
        rich_help_panel=_SEARCH,
    ),
]
Policy = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What calibrate wrote: which strategy for which difficulty (compute_optimal). "
        "(default: the published findings)",
        rich_help_panel=_SEARCH,
    ),
]
Speculate = Annotated[
    bool,
    typer.Option(
        "--speculate",
        help="Draw likely next steps while scores are on their way, where there is room.",
        rich_help_panel=_SEARCH,
    ),
]
Aggregation = Annotated[
    str | None,
    typer.Option(
        help="Step scores to path score: last, min, prod, mean. (default: the verifier's own)",
        rich_help_panel=_SEARCH,
    ),
]
Temperature = Annotated[
    float | None, typer.Option(help="Sampling temperature.", rich_help_panel=_SEARCH)
]
TopP = Annotated[
    float | None,
    typer.Option(help="Nucleus sampling.", rich_help_panel=_SEARCH),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(help="The most tokens of one continuation.", rich_help_panel=_SEARCH),
]
TokenBudget = Annotated[
    int | None,
    typer.Option(
        help="Tokens to spend per problem; then the best answer so far counts.",
        rich_help_panel=_SEARCH,
    ),
]
Seed = Annotated[
    int, typer.Option(help="The same seed gives the same search.", rich_help_panel=_SEARCH)
]
BaseUrl = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL[,URL...]",
        help="An OpenAI-compatible server, such as vLLM; several of one model share the work. "
        "May be repeated.",
        rich_help_panel=_MODELS,
    ),
]
Model = Annotated[
    str | None, typer.Option(help="Name of the server's model.", rich_help_panel=_MODELS)
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        envvar="OPENAI_API_KEY",
        show_envvar=True,
        show_default=False,
        help="Key for the server; better given in the environment.",
        rich_help_panel=_MODELS,
    ),
]
Generator = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="A local model instead of the embedded one.",
        rich_help_panel=_MODELS,
    ),
]
Verifier = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL|URL|embedded|self|none",
        help="What scores the steps: a reward model (its folder or its name on the Hugging Face "
        "hub), one on a vLLM server, or the generator's server as its own judge. (default: "
        "embedded for the embedded model, else none)",
        rich_help_panel=_MODELS,
    ),
]
VerifierDevice = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[,NAME...]",
        help="Where a local reward model runs: cuda:0, cpu, cpu:2 for two processes, or several. "
        "(default: cpu)",
        rich_help_panel=_MODELS,
    ),
]
VerifierDtype = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE",
        help="Precision of a local reward model: float32, bfloat16, float16. (default: float32)",
        rich_help_panel=_MODELS,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object and nothing else.", rich_help_panel=_OUTPUT),
]
LogLevel = Annotated[
    str | None,
    typer.Option(
        help="Log to stderr: debug, info, warning or error. (default: no log)",
        rich_help_panel=_OUTPUT,
    ),
]
Trace = Annotated[
    bool,
    typer.Option(
        "--trace",
        help="Send traces to an OpenTelemetry collector, as its OTEL_… variables say.",
        rich_help_panel=_OUTPUT,
    ),
]
LogJson = Annotated[
    bool, typer.Option("--log-json", help="Log as JSON lines.", rich_help_panel=_OUTPUT)
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
