"""The stages and their names."""

import typer

from tts_async.training.cli.evaluate_command import evaluate_verifier
from tts_async.training.cli.from_search_command import export_data
from tts_async.training.cli.label_command import label_steps
from tts_async.training.cli.rollout_command import draw_solutions
from tts_async.training.cli.train_command import train_model

app = typer.Typer(
    help="A process reward model for any generator, from problems with known answers; "
    "and training data from searches.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("rollout")(draw_solutions)
app.command("label")(label_steps)
app.command("train")(train_model)
app.command("evaluate")(evaluate_verifier)
app.command("from-search")(export_data)
