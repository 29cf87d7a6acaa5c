"""``tts-async doctor``: what is there, what works, what is missing and how to get it."""

import json

import typer

from tts_async.cli import options
from tts_async.cli.models import Models
from tts_async.cli.running import FAILED, exit_codes, run_interruptible
from tts_async.cli.show_check import show_check
from tts_async.strategies import DVTS, Majority


def examine_models(
    *,
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    api_key: options.ApiKey = None,
    generator: options.Generator = None,
    verifier: options.Verifier = None,
    verifier_device: options.VerifierDevice = None,
    verifier_dtype: options.VerifierDtype = None,
    as_json: options.Json = False,
) -> None:
    """Ask generator and verifier what they are and what they can do.

    Servers are asked for a few tokens. Exits with 1 when something that searches need is missing
    or cannot be reached.
    """
    with exit_codes():
        models = Models(
            generator=generator,
            base_url=base_url,
            model=model,
            api_key=api_key,
            verifier=verifier,
            verifier_device=verifier_device,
            verifier_dtype=verifier_dtype,
        )
        solver = models.make_solver([DVTS() if models.verifier_name else Majority()])
        report = run_interruptible(solver.check())
        if as_json:
            typer.echo(json.dumps(report.to_dict()))
        else:
            show_check(report)
    if not report.ok:
        raise typer.Exit(FAILED)
