"""``train``: fine-tune a base model on labelled steps."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli.running import exit_codes, say
from tts_async.errors import ConfigurationError
from tts_async.training.recipe import TrainingOptions
from tts_async.training.stepwise import read_labelled


@exit_codes()
def train_model(
    data: Annotated[list[Path], typer.Argument(help="Files that label wrote; one or more.")],
    *,
    base: Annotated[
        str,
        typer.Option(metavar="FOLDER|HUB_ID", help="The language model to start from."),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to write the model.")],
    learning_rate: Annotated[float, typer.Option(help="The highest rate.")] = 1e-5,
    epochs: Annotated[int, typer.Option(help="How often each solution is seen.")] = 1,
    batch_tokens: Annotated[int, typer.Option(help="Tokens of a batch, padding included.")] = 8192,
    frozen_trunk: Annotated[
        bool, typer.Option("--frozen-trunk", help="Train the head alone.")
    ] = False,
    bfloat16: Annotated[
        bool, typer.Option("--bfloat16", help="Compute in bfloat16; the weights stay float32.")
    ] = False,
    device: Annotated[str, typer.Option(help="Such as cpu, cuda or cuda:1.")] = "cpu",
    threads: Annotated[
        int, typer.Option(help="Threads on a CPU; with 1, the same seed gives the same weights.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Of the head's first weights and of the order.")] = 0,
) -> None:
    """Fine-tune a language model to tell right steps from wrong ones.

    Writes a folder that --verifier, LocalVerifier and transformers load.
    """
    recipe = TrainingOptions(
        learning_rate=learning_rate,
        epochs=epochs,
        batch_tokens=batch_tokens,
        frozen_trunk=frozen_trunk,
        bfloat16=bfloat16,
        seed=seed,
        device=device,
    )
    if threads < 1:
        raise ConfigurationError(f"threads: must be at least 1, got {threads}")
    solutions = [solution for path in data for solution in read_labelled(path)]
    _prepare_torch(threads)
    from tts_async.training.fine_tuning import train_verifier

    command = shlex.join(["python", "-m", "tts_async.training", *sys.argv[1:]])
    report = train_verifier(base, solutions, out, options=recipe, command=command, tell=say)
    say(f"{report.solutions} solutions, {report.steps} steps; the model is in {out}")


def _prepare_torch(threads: int) -> None:
    """Set the threads; silence what transformers has to say about a head that is new."""
    try:
        import torch
        from transformers.utils import logging
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"training needs the package {error.name}: pip install 'tts-async[local]'"
        ) from error
    torch.set_num_threads(threads)
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
