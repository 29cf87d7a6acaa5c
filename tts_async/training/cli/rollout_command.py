"""``rollout``: draw solutions to problems with known answers."""

from typing import Annotated

import typer

from tts_async.cli.models import GeneratorOptions
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import exit_codes, run_interruptible, say
from tts_async.cli.search_options import SamplingOptions
from tts_async.errors import ConfigurationError
from tts_async.evaluation import load_problems
from tts_async.observe import Progress
from tts_async.solver import Solver
from tts_async.training.cli import options
from tts_async.training.rollout import roll_out
from tts_async.types.problem import Problem


@exit_codes()
@with_option_groups
def draw_solutions(
    dataset: Annotated[
        str,
        typer.Argument(help="A file of JSON lines with the columns problem and answer."),
    ],
    *,
    out: options.Out,
    n: Annotated[
        int, typer.Option("--n", help="Solutions per problem.", rich_help_panel="Run")
    ] = 8,
    limit: Annotated[
        int | None,
        typer.Option(help="The first so many problems. (default: all)", rich_help_panel="Run"),
    ] = None,
    sampling: SamplingOptions,
    seed: options.Seed = 0,
    max_in_flight: options.MaxInFlight = None,
    models: GeneratorOptions,
) -> None:
    """Draw n solutions to every problem and say which are right.

    Started again with the same file, it continues where it stopped.
    """
    if n < 1:
        raise ConfigurationError(f"n: must be at least 1, got {n}")
    problems = load_problems(dataset, limit=limit, seed=seed)
    progress = Progress()
    solver = models.make_solver(sampling, observers=[progress], max_in_flight=max_in_flight)

    async def run(solver: Solver, problems: list[Problem]) -> int:
        async with solver:
            progress.begin("rollout", len(problems))
            return await roll_out(solver, problems, out, n=n, seed=seed)

    with progress:
        written = run_interruptible(run(solver, problems))
    say(f"{written} new solutions in {out}")
