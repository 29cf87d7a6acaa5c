"""``rollout``: draw solutions to problems with known answers."""

from typing import Annotated

import typer

from tts_async.cli import options as common
from tts_async.cli.models import Models
from tts_async.cli.running import exit_codes, run_interruptible, say
from tts_async.errors import ConfigurationError
from tts_async.evaluation import load_problems
from tts_async.observe import Progress
from tts_async.solver import Solver
from tts_async.strategies import Majority
from tts_async.training.cli import options
from tts_async.training.rollout import roll_out
from tts_async.types.problem import Problem


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
    temperature: common.Temperature = None,
    top_p: common.TopP = None,
    max_tokens: common.MaxTokens = None,
    seed: options.Seed = 0,
    max_in_flight: options.MaxInFlight = None,
    base_url: common.BaseUrl = None,
    model: common.Model = None,
    api_key: common.ApiKey = None,
    generator: common.Generator = None,
) -> None:
    """Draw n solutions to every problem and say which are right.

    Started again with the same file, it continues where it stopped.
    """
    with exit_codes():
        if n < 1:
            raise ConfigurationError(f"n: must be at least 1, got {n}")
        models = Models(generator=generator, base_url=base_url, model=model, api_key=api_key)
        problems = load_problems(dataset, limit=limit, seed=seed)
        progress = Progress()
        solver = models.make_solver(
            [Majority(n, early_stop=False)],
            observers=[progress],
            sampling=models.sampling(temperature, top_p, max_tokens),
            max_in_flight=max_in_flight,
        )

        async def run(solver: Solver, problems: list[Problem]) -> int:
            async with solver:
                progress.begin("rollout", len(problems))
                return await roll_out(solver, problems, out, n=n, seed=seed)

        with progress:
            written = run_interruptible(run(solver, problems))
        say(f"{written} new solutions in {out}")
