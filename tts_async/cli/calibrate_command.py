"""``tts-async calibrate``: which strategy for which difficulty, learned from evaluations."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.console import Console

from tts_async import __version__
from tts_async.answers import AnswerChecker
from tts_async.cli import options
from tts_async.cli.output_file import check_output
from tts_async.cli.running import exit_codes, run_interruptible, say
from tts_async.errors import ConfigurationError
from tts_async.evaluation.calibration import (
    Evaluations,
    calibrate,
    draw_calibration,
    read_cases,
)
from tts_async.strategies.compute_optimal import Measure, Provenance

DEFAULT_NAME = "policy.json"


@exit_codes()
def calibrate_policy(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of evaluations; they may differ in beam width, or in problems and seeds.",
        ),
    ],
    *,
    difficulty: Annotated[
        str,
        typer.Option(
            help="How it is told: score, the verifier's mean score of the pilots, or agreement "
            "among them."
        ),
    ] = "score",
    pilots: Annotated[
        int, typer.Option(help="Answers that difficulty is told from; they are part of n.")
    ] = 4,
    classes: Annotated[int, typer.Option(help="Classes of difficulty, of equal size.")] = 5,
    folds: Annotated[int, typer.Option(help="Parts for cross-validation.")] = 5,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where to write the policy. (default: policy.json in the first RUN)",
            rich_help_panel="Output",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Learn from evaluations which strategy suits which difficulty at which budget.

    Writes a policy for compute_optimal, and says what it is worth on problems that had no part in
    it.
    """
    if difficulty not in get_args(Measure):
        raise ConfigurationError(
            f"difficulty: expected one of {', '.join(get_args(Measure))}, got {difficulty!r}"
        )
    if out is not None:
        check_output(out, "out")
    measure = cast("Measure", difficulty)
    found = run_interruptible(_read(runs, measure, pilots))
    for reason in found.left_out:
        say(f"left out: {reason}")
    results = found.results
    calibration = calibrate(
        found.cases,
        found.options,
        provenance=Provenance(
            source=", ".join(run.resolve().name for run in runs),
            created=results.created,
            version=__version__,
            dataset=results.dataset,
            generator=results.generator or "",
            verifier=results.verifier,
        ),
        measure=measure,
        pilots=pilots,
        folds=folds,
        classes=classes,
    )
    path = out or runs[0] / DEFAULT_NAME
    calibration.policy.save(path)
    if as_json:
        typer.echo(json.dumps(calibration.to_dict()))
    else:
        Console(highlight=False).print(draw_calibration(calibration))
        typer.echo(path)


async def _read(runs: Sequence[Path], measure: Measure, pilots: int) -> Evaluations:
    async with AnswerChecker() as checker:
        return await read_cases(runs, measure=measure, pilots=pilots, checker=checker)
