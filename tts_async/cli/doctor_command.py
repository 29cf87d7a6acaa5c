"""``tts-async doctor``: what is there, what works, what is missing and how to get it."""

import json

import typer

from tts_async.cli import options
from tts_async.cli.models import Models
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import FAILED, exit_codes, run_interruptible
from tts_async.cli.search_options import SearchOptions
from tts_async.cli.show_check import show_check


@exit_codes()
@with_option_groups
def examine_models(
    *,
    models: Models,
    as_json: options.Json = False,
) -> None:
    """Ask generator and verifier what they are and what they can do.

    Servers are asked for a few tokens. Exits with 1 when something that searches need is missing
    or cannot be reached.
    """
    solver = models.solver_for([models.default_strategy], SearchOptions())
    report = run_interruptible(solver.check())
    if as_json:
        typer.echo(json.dumps(report.to_dict()))
    else:
        show_check(report)
    if not report.ok:
        raise typer.Exit(FAILED)
