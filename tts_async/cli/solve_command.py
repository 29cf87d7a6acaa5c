"""``tts-async solve``: one problem, one answer."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli import options
from tts_async.cli.log_options import LogOptions
from tts_async.cli.models import Models
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.read_problem import read_problem
from tts_async.cli.running import FAILED, exit_codes, run_interruptible
from tts_async.cli.search_options import SearchOptions, StrategyOptions
from tts_async.cli.show_result import show_result
from tts_async.observe import Activity
from tts_async.solver import Solver
from tts_async.strategies import Strategy, name_of
from tts_async.types.problem import Problem
from tts_async.types.result import Result


@exit_codes()
@with_option_groups
def solve_problem(
    problem: Annotated[str, typer.Argument(help="The problem, or - to read it from stdin.")],
    *,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="greedy, majority, best_of_n, beam_search, dvts or compute_optimal. "
            "(default: dvts; majority without a verifier)",
            rich_help_panel="Search",
        ),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "--n", help="Candidates to search over. (default: 16)", rich_help_panel="Search"
        ),
    ] = None,
    strategy_options: StrategyOptions,
    search: SearchOptions,
    deadline: Annotated[
        float | None,
        typer.Option(
            help="Seconds, once the models are ready; then the best answer so far counts.",
            rich_help_panel="Search",
        ),
    ] = None,
    seed: options.Seed = 0,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Record everything here, and ask for nothing that is in it.",
            rich_help_panel="Search",
        ),
    ] = None,
    models: Models,
    as_json: options.Json = False,
    tree: Annotated[
        bool, typer.Option("--tree", help="Show the search tree.", rich_help_panel="Output")
    ] = False,
    log: LogOptions,
) -> None:
    """Search for the answer to one problem.

    The embedded model is used unless told otherwise; it knows whole-number arithmetic only.

    Exits with 1 when no answer was found.
    """
    name = name_of(models.default_strategy) if strategy is None else strategy
    chosen = strategy_options.make(name, n)
    search.reject_unused([chosen])
    question = read_problem(problem)
    activity = Activity()
    solver = models.solver_for(
        [chosen],
        search,
        observers=[activity, *log.make_observers()],
        seed=seed,
        journal=journal,
    )
    with activity:
        result = run_interruptible(_search(solver, question, chosen, deadline))
    if as_json:
        typer.echo(json.dumps(result.to_dict(tree=tree)))
    else:
        show_result(result, tree=tree)
    if result.answer is None:
        raise typer.Exit(FAILED)


async def _search(
    solver: Solver, problem: Problem, strategy: Strategy, deadline: float | None
) -> Result:
    async with solver:
        return await solver.solve(problem, strategy=strategy, deadline=deadline)
