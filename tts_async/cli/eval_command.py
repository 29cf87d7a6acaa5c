"""``tts-async eval``: accuracy of strategies on problems with known answers."""

from dataclasses import asdict
from typing import Annotated

import typer

from tts_async.cli import eval_options, options
from tts_async.cli.command_line import typed_command
from tts_async.cli.eval_arguments import (
    decisive_options,
    default_names,
    read_counts,
    read_names,
    read_seeds,
)
from tts_async.cli.eval_measure import Measurement
from tts_async.cli.log_options import LogOptions
from tts_async.cli.models import Models
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.problem_options import ProblemOptions
from tts_async.cli.references import read_references
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible
from tts_async.cli.search_options import SearchOptions
from tts_async.cli.show_report import show_report, show_rest
from tts_async.errors import TTSError
from tts_async.evaluation import Report, plan_runs
from tts_async.evaluation.resume import go_on_with
from tts_async.journal import Journal
from tts_async.observe import Progress
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.strategies import needs_verifier


@exit_codes()
@with_option_groups
def evaluate_strategies(
    ctx: typer.Context,
    dataset: Annotated[
        str,
        typer.Argument(
            help="arithmetic, a file (JSONL, JSON, CSV, TSV, Parquet) with the columns problem "
            "and answer, or a data set of the Hugging Face hub (OWNER/NAME:CONFIG@REVISION)."
        ),
    ],
    *,
    strategy: eval_options.Strategies = None,
    n: eval_options.Counts = "1,4,16",
    strategy_options: eval_options.PlanOptions,
    search: SearchOptions,
    system_prompt: eval_options.SystemPrompt = None,
    seed: options.Seed = 0,
    seeds: eval_options.Seeds = 1,
    problem_options: ProblemOptions,
    max_in_flight: eval_options.MaxInFlight = None,
    models: Models,
    _recipe: eval_options.Recipe = None,
    folder_options: eval_options.FolderOptions,
    reference: options.Reference = None,
    as_json: options.Json = False,
    log: LogOptions,
) -> None:
    """Measure the accuracy of strategies on problems with known answers.

    Writes results.json, problems.jsonl and pictures, and prints a table.

    Ctrl-C ends it early; what was done by then is kept, and --resume goes on from there.
    """
    plan = plan_runs(
        default_names(models) if strategy is None else read_names(strategy),
        read_counts(n),
        **asdict(strategy_options),
    )
    search.reject_unused(plan)
    references = read_references(reference or [])
    problems = problem_options.load(dataset, seed=seed)
    report = Report(
        dataset,
        problems=len(problems),
        generator=models.generator_name,
        verifier=models.verifier_name if any(map(needs_verifier, plan)) else None,
        level=problem_options.level,
        limit=problem_options.limit,
        seeds=read_seeds(seed, seeds),
        options=decisive_options(ctx),
        command=typed_command(ctx),
    )
    folder = folder_options.find(dataset)
    earlier = folder.find_earlier()
    if earlier is not None:
        go_on_with(earlier, report, plan)
    progress, journal = Progress(), Journal(folder.journal)
    measurement = Measurement(
        solver=models.solver_for(
            plan,
            search,
            observers=[progress, *log.make_observers()],
            system_prompt=SYSTEM_PROMPT if system_prompt is None else system_prompt,
            seed=seed,
            max_in_flight=max_in_flight,
            journal=journal,
        ),
        journal=journal,
        problems=problems,
        plan=plan,
        report=report,
        folder=folder,
        progress=progress,
        earlier=earlier,
    )
    try:
        with progress, folder:
            try:
                run_interruptible(measurement.run())
            finally:
                measurement.close()
    except (Interrupted, TTSError, OSError):
        show_rest(report, folder, as_json=as_json)
        raise
    show_report(report, folder, references, as_json=as_json)
