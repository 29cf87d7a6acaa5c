"""``evaluate``: how well a verifier tells right steps from wrong ones."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from tts_async.cli import options as common
from tts_async.cli.models import Models
from tts_async.cli.running import exit_codes, run_interruptible
from tts_async.errors import ConfigurationError
from tts_async.solver.resources import make_verifier
from tts_async.step_metrics import StepMetrics
from tts_async.training.measuring import compare_labels, measure_verifier
from tts_async.training.stepwise import read_labelled


@exit_codes()
def evaluate_verifier(
    data: Annotated[
        Path, typer.Argument(help="Labelled solutions: a file of label, of TRL, of ProcessBench.")
    ],
    *,
    verifier: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|URL|embedded",
            help="What to measure: a reward model here or on a vLLM server.",
            rich_help_panel="Models",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Instead of a verifier: other labels of the same solutions.",
            rich_help_panel="Models",
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(help="A step that scores below it is taken for wrong."),
    ] = 0.5,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Other labelled solutions, to choose the threshold with the best F1 on.",
        ),
    ] = None,
    as_json: common.Json = False,
) -> None:
    """Measure step accuracy, step AUC and first-error F1 on labelled solutions."""
    truth = read_labelled(data)
    if verifier is not None and labels is None:
        Models(verifier=verifier)  # says so if there is no such folder
        measuring = measure_verifier(
            make_verifier(verifier),
            truth,
            threshold=threshold,
            calibration=[] if calibrate is None else read_labelled(calibrate),
        )
        metrics = run_interruptible(measuring)
    elif labels is not None and verifier is None and calibrate is None:
        metrics = compare_labels(truth, read_labelled(labels), threshold=threshold)
    else:
        raise ConfigurationError(
            "verifier: give --verifier (with --calibrate, if you like) or --labels"
        )
    if as_json:
        typer.echo(json.dumps(metrics.to_dict()))
    else:
        Console(highlight=False).print(draw_metrics(metrics))


def draw_metrics(metrics: StepMetrics) -> Table:
    """One line per figure, in per cent where it is a share."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(f"{metrics.solutions} solutions, {metrics.erroneous} with an error")
    table.add_column("", justify="right")
    table.add_row(f"step accuracy (of {metrics.steps} steps)", _percent(metrics.accuracy))
    table.add_row("step AUC", "–" if metrics.auc is None else f"{metrics.auc:.4f}")  # noqa: RUF001
    table.add_row("first error found", _percent(metrics.error_accuracy))
    table.add_row("correct solutions recognised", _percent(metrics.correct_accuracy))
    table.add_row("first-error F1", _percent(metrics.f1))
    table.add_row("threshold", f"{metrics.threshold:.3f}")
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"  # noqa: RUF001
