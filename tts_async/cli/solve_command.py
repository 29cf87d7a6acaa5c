"""``tts-async solve``: one problem, one answer."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli import options
from tts_async.cli.models import Models, reject_unused
from tts_async.cli.observers import make_observers
from tts_async.cli.read_problem import read_problem
from tts_async.cli.running import FAILED, exit_codes, run_interruptible
from tts_async.cli.show_result import show_result
from tts_async.evaluation.plans import fitting_width, option_names
from tts_async.observe import Activity
from tts_async.solver import Solver
from tts_async.strategies import Strategy, make_strategy
from tts_async.types.budget import Budget
from tts_async.types.problem import Problem
from tts_async.types.result import Result


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
    beam_width: Annotated[
        int | None,
        typer.Option(
            help="Children per step (tree search). (default: 4, at most n)",
            rich_help_panel="Search",
        ),
    ] = None,
    lookahead: options.Lookahead = None,
    max_steps: options.MaxSteps = None,
    select: options.Select = None,
    early_stop: options.EarlyStop = None,
    confidence: options.Confidence = None,
    policy: options.Policy = None,
    speculate: options.Speculate = False,
    aggregation: options.Aggregation = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    max_tokens: options.MaxTokens = None,
    token_budget: options.TokenBudget = None,
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
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    api_key: options.ApiKey = None,
    generator: options.Generator = None,
    verifier: options.Verifier = None,
    verifier_device: options.VerifierDevice = None,
    verifier_dtype: options.VerifierDtype = None,
    as_json: options.Json = False,
    tree: Annotated[
        bool, typer.Option("--tree", help="Show the search tree.", rich_help_panel="Output")
    ] = False,
    log_level: options.LogLevel = None,
    log_json: options.LogJson = False,
) -> None:
    """Search for the answer to one problem.

    The embedded model is used unless told otherwise; it knows whole-number arithmetic only.

    Exits with 1 when no answer was found.
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
        if strategy is None:
            strategy = "majority" if models.verifier_name is None else "dvts"
        if beam_width is None and n is not None and "beam_width" in option_names(strategy):
            beam_width = fitting_width(n)
        chosen = make_strategy(
            strategy,
            n=n,
            beam_width=beam_width,
            lookahead=lookahead,
            max_steps=max_steps,
            select=select,
            early_stop=early_stop,
            confidence=confidence,
            policy=policy,
        )
        reject_unused([chosen], aggregation=aggregation, temperature=temperature)
        question = read_problem(problem)
        activity = Activity()
        solver = models.make_solver(
            [chosen],
            observers=[activity, *make_observers(log_level, as_json=log_json)],
            sampling=models.sampling(temperature, top_p, max_tokens),
            aggregation=aggregation,
            budget=Budget(tokens=token_budget),
            speculate=speculate,
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
