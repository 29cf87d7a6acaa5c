"""``tts-async eval``: accuracy of strategies on problems with known answers."""

from typing import Annotated

import typer

from tts_async.cli import eval_options, options
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
    strategy: eval_options.Strategies = None,
    n: eval_options.Counts = "1,4,16",
    beam_width: eval_options.BeamWidth = None,
    lookahead: options.Lookahead = None,
    max_steps: options.MaxSteps = None,
    select: options.Select = None,
    early_stop: options.EarlyStop = None,
    confidence: options.Confidence = None,
    policy: options.Policy = None,
    filter_duplicates: eval_options.FilterDuplicates = None,
    sort_completed: eval_options.SortCompleted = None,
    speculate: options.Speculate = False,
    aggregation: options.Aggregation = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    max_tokens: options.MaxTokens = None,
    token_budget: options.TokenBudget = None,
    system_prompt: eval_options.SystemPrompt = None,
    seed: options.Seed = 0,
    seeds: eval_options.Seeds = 1,
    level: eval_options.Level = None,
    limit: eval_options.Limit = None,
    split: eval_options.Split = None,
    problem_column: eval_options.ProblemColumn = None,
    answer_column: eval_options.AnswerColumn = None,
    skip_bad: eval_options.SkipBad = False,
    max_in_flight: eval_options.MaxInFlight = None,
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    api_key: options.ApiKey = None,
    generator: options.Generator = None,
    verifier: options.Verifier = None,
    verifier_device: options.VerifierDevice = None,
    verifier_dtype: options.VerifierDtype = None,
    _recipe: eval_options.Recipe = None,
    out: eval_options.Out = None,
    resume: eval_options.Resume = False,
    overwrite: eval_options.Overwrite = False,
    reference: options.Reference = None,
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
        except (Interrupted, TTSError, OSError):
            show_rest(report, folder, as_json=as_json)
            raise
        show_report(report, folder, references, as_json=as_json)
