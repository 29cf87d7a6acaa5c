"""``tts-async eval``: accuracy of strategies on problems with known answers."""

from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli import options
from tts_async.cli.command_line import typed_command
from tts_async.cli.eval_arguments import (
    decisive_options,
    default_names,
    find_folder,
    read_counts,
    read_names,
    read_seeds,
)
from tts_async.cli.eval_measure import Measurement
from tts_async.cli.models import Models, reject_unused
from tts_async.cli.observers import make_observers
from tts_async.cli.read_problems import read_problems
from tts_async.cli.recipes import apply_recipe
from tts_async.cli.references import read_references
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible
from tts_async.cli.show_report import show_report, show_rest
from tts_async.errors import TTSError
from tts_async.evaluation import Report, plan_runs
from tts_async.evaluation.resume import go_on_with
from tts_async.journal import Journal
from tts_async.observe import Progress
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.strategies import needs_verifier
from tts_async.types.budget import Budget


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
    strategy: Annotated[
        str | None,
        typer.Option(
            help="Names, separated by commas, each with a selection of its own if you like: "
            "best_of_n,best_of_n:naive. (default: greedy,majority,best_of_n,beam_search,dvts; "
            "greedy,majority without a verifier)",
            rich_help_panel="Search",
        ),
    ] = None,
    n: Annotated[
        str,
        typer.Option(
            "--n",
            help="Candidates per problem, separated by commas; greedy runs once whatever they are.",
            rich_help_panel="Search",
        ),
    ] = "1,4,16",
    beam_width: Annotated[
        int | None,
        typer.Option(
            help="Children per step (tree search), at most n. (default: 4)",
            rich_help_panel="Search",
        ),
    ] = None,
    lookahead: options.Lookahead = None,
    max_steps: options.MaxSteps = None,
    select: options.Select = None,
    early_stop: options.EarlyStop = None,
    confidence: options.Confidence = None,
    policy: options.Policy = None,
    filter_duplicates: Annotated[
        bool | None,
        typer.Option(
            "--filter-duplicates/--no-filter-duplicates",
            show_default=False,
            help="Leave out beams with the same text, as the reference can (sal_beam_search).",
            rich_help_panel="Search",
        ),
    ] = None,
    sort_completed: Annotated[
        bool | None,
        typer.Option(
            "--sort-completed/--no-sort-completed",
            show_default=False,
            help="Return the best beams, as the reference can (sal_beam_search).",
            rich_help_panel="Search",
        ),
    ] = None,
    speculate: options.Speculate = False,
    aggregation: options.Aggregation = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    max_tokens: options.MaxTokens = None,
    token_budget: options.TokenBudget = None,
    system_prompt: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="What the model is told before every problem, instead of our own.",
            rich_help_panel="Search",
        ),
    ] = None,
    seed: options.Seed = 0,
    seeds: Annotated[
        int,
        typer.Option(
            help="So many runs of everything, with the seeds from --seed on.",
            rich_help_panel="Search",
        ),
    ] = 1,
    level: Annotated[
        int | None, typer.Option(help="One level of difficulty only.", rich_help_panel="Problems")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="The first so many problems. (default: all; 100 of arithmetic)",
            rich_help_panel="Problems",
        ),
    ] = None,
    split: options.Split = None,
    problem_column: options.ProblemColumn = None,
    answer_column: options.AnswerColumn = None,
    skip_bad: options.SkipBad = False,
    max_in_flight: Annotated[
        int | None,
        typer.Option(help="The most problems at a time.", rich_help_panel="Models"),
    ] = None,
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    api_key: options.ApiKey = None,
    generator: options.Generator = None,
    verifier: options.Verifier = None,
    verifier_device: options.VerifierDevice = None,
    verifier_dtype: options.VerifierDtype = None,
    _recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            metavar="NAME|FILE",
            is_eager=True,  # the other options take their defaults from it
            callback=apply_recipe,
            help="A published setup, or a TOML file of your own: options that count where they "
            "are not given here.",
            rich_help_panel="Models",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write. (default: runs/DATASET-TIME)",
            rich_help_panel="Output",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the evaluation in --out, which was interrupted or is to have more "
            "strategies, budgets, seeds or problems. Nothing that it knows is asked for again.",
            rich_help_panel="Output",
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace the evaluation in --out.", rich_help_panel="Output"
        ),
    ] = False,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL=ACCURACY",
            help="A horizontal line in the curve; the accuracy (0 to 1) or a results.json, whose "
            "greedy row counts. May be repeated.",
            rich_help_panel="Output",
        ),
    ] = None,
    as_json: options.Json = False,
    log_level: options.LogLevel = None,
    log_json: options.LogJson = False,
) -> None:
    """Measure the accuracy of strategies on problems with known answers.

    Writes results.json, problems.jsonl and pictures, and prints a table.

    Ctrl-C ends it early; what was done by then is kept, and --resume goes on from there.
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
        plan = plan_runs(
            default_names(models) if strategy is None else read_names(strategy),
            read_counts(n),
            beam_width=beam_width,
            lookahead=lookahead,
            max_steps=max_steps,
            select=select,
            early_stop=early_stop,
            confidence=confidence,
            policy=policy,
            filter_duplicates=filter_duplicates,
            sort_completed=sort_completed,
        )
        reject_unused(plan, aggregation=aggregation, temperature=temperature)
        references = read_references(reference or [])
        problems = read_problems(
            dataset,
            level=level,
            limit=limit,
            seed=seed,
            split=split,
            problem_column=problem_column,
            answer_column=answer_column,
            skip_bad=skip_bad,
        )
        report = Report(
            dataset,
            problems=len(problems),
            generator=models.generator_name,
            verifier=models.verifier_name if any(map(needs_verifier, plan)) else None,
            level=level,
            limit=limit,
            seeds=read_seeds(seed, seeds),
            options=decisive_options(ctx),
            command=typed_command(ctx),
        )
        folder = find_folder(dataset, out, resume=resume, overwrite=overwrite)
        earlier = folder.find_earlier()
        if earlier is not None:
            go_on_with(earlier, report, plan)
        progress, journal = Progress(), Journal(folder.journal)
        measurement = Measurement(
            solver=models.make_solver(
                plan,
                observers=[progress, *make_observers(log_level, as_json=log_json)],
                sampling=models.sampling(temperature, top_p, max_tokens),
                aggregation=aggregation,
                budget=Budget(tokens=token_budget),
                system_prompt=SYSTEM_PROMPT if system_prompt is None else system_prompt,
                speculate=speculate,
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
        except (Interrupted, TTSError):
            show_rest(report, folder, as_json=as_json)
            raise
        show_report(report, folder, references, as_json=as_json)
