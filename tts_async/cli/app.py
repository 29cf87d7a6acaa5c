"""The commands and their names."""

from typing import Annotated

import typer

from tts_async import __version__
from tts_async.cli.calibrate_command import calibrate_policy
from tts_async.cli.doctor_command import examine_models
from tts_async.cli.eval_command import evaluate_strategies
from tts_async.cli.keys_command import keys
from tts_async.cli.mcp_command import serve_mcp
from tts_async.cli.report_command import report_results
from tts_async.cli.running import exit_codes
from tts_async.cli.runs_command import runs
from tts_async.cli.serve_command import serve_gateway
from tts_async.cli.solve_command import solve_problem
from tts_async.cli.tree_command import show_tree

app = typer.Typer(
    help="Test-time compute: a small model with search beats a larger one.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug should look like one, and not print local variables
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("solve")(solve_problem)
app.command("serve")(serve_gateway)
app.add_typer(keys, name="keys")
app.command("mcp")(serve_mcp)
app.command("eval")(evaluate_strategies)
app.command("report")(report_results)
app.command("calibrate")(calibrate_policy)
app.command("tree")(show_tree)
app.add_typer(runs, name="runs")
app.command("doctor")(examine_models)


@app.command("version")
@exit_codes()
def show_version() -> None:
    """Print the version."""
    typer.echo(f"tts-async {__version__}")


def _show_version_only(asked: bool) -> None:
    if asked:
        show_version()
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,  # before the parser misses a command
            callback=_show_version_only,
        ),
    ] = False,
) -> None:
    pass
