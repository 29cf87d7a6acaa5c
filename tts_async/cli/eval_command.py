"""``tts-async eval``: accuracy of strategies on problems with known answers."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tts_async.answers import AnswerChecker
from tts_async.cli import options
from tts_async.cli.models import Models, needs_verifier, reject_unused
from tts_async.cli.observers import make_observers
from tts_async.cli.references import read_references
from tts_async.cli.running import Interrupted, exit_codes, run_interruptible
from tts_async.cli.show_report import show_report, show_rest
from tts_async.errors import ConfigurationError, TTSError
from tts_async.evaluation import Folder, Report, evaluate, load_problems, plan_runs
from tts_async.observe import Progress
from tts_async.solver import Solver
from tts_async.strategies import STRATEGIES, Strategy
from tts_async.types.budget import Budget
from tts_async.types.problem import Problem


def evaluate_strategies(
    dataset: Annotated[
        str,
        typer.Argument(
            help="arithmetic, or a file of JSON lines with the columns problem and answer."
        ),
    ],
    *,
    strategy: Annotated[
        str | None,
        typer.Option(
            help="Names, separated by commas. (default: all; greedy,majority without a verifier)",
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
    speculate: options.Speculate = False,
    aggregation: options.Aggregation = None,
    temperature: options.Temperature = None,
    top_p: options.TopP = None,
    max_tokens: options.MaxTokens = None,
    token_budget: options.TokenBudget = None,
    seed: options.Seed = 0,
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
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write. (default: runs/DATASET-TIME)",
            rich_help_panel="Output",
        ),
    ] = None,
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

    Writes results.json, problems.jsonl and the curve accuracy.png, and prints a table.

    Ctrl-C ends it early; what was finished by then is kept.
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
        runs = plan_runs(
            _split(strategy) if strategy is not None else _default_names(models),
            _counts(n),
            beam_width=beam_width,
            lookahead=lookahead,
            max_steps=max_steps,
            select=select,
            early_stop=early_stop,
            confidence=confidence,
        )
        reject_unused(runs, aggregation=aggregation, temperature=temperature)
        references = read_references(reference or [])
        problems = load_problems(dataset, level=level, limit=limit, seed=seed)
        report = Report(
            dataset,
            problems=len(problems),
            generator=models.generator_name,
            verifier=models.verifier_name if any(map(needs_verifier, runs)) else None,
            level=level,
            limit=limit,
            seed=seed,
        )
        folder, progress = Folder(out or _default_folder(dataset)), Progress()
        solver = models.make_solver(
            runs,
            observers=[progress, *make_observers(log_level, as_json=log_json)],
            sampling=models.sampling(temperature, top_p, max_tokens),
            aggregation=aggregation,
            budget=Budget(tokens=token_budget),
            speculate=speculate,
            seed=seed,
            max_in_flight=max_in_flight,
        )
        try:
            with progress, folder:
                try:
                    run_interruptible(_measure(solver, problems, runs, report, folder, progress))
                finally:
                    folder.save(report)
        except (Interrupted, TTSError):
            show_rest(report, folder, as_json=as_json)
            raise
        show_report(report, folder, references, as_json=as_json)


async def _measure(  # noqa: PLR0917 - what the command has put together
    solver: Solver,
    problems: Sequence[Problem],
    runs: Sequence[Strategy],
    report: Report,
    folder: Folder,
    progress: Progress,
) -> None:
    """Fill the report row by row; a row is on disk when the next one begins."""
    async with solver, AnswerChecker() as checker:
        for strategy in runs:
            row = report.begin(strategy)
            progress.begin(row.label, len(problems))
            outcomes = evaluate(solver, problems, strategy, checker=checker)
            async with aclosing(outcomes):
                async for outcome in outcomes:
                    row.add(outcome)
                    progress.judge(correct=outcome.correct)
                    await asyncio.to_thread(folder.record, outcome)
            await asyncio.to_thread(folder.save, report)
    report.finish()


def _default_names(models: Models) -> list[str]:
    return list(STRATEGIES) if models.verifier_name else ["greedy", "majority"]


def _default_folder(dataset: str) -> Path:
    return Path("runs") / f"{Path(dataset).stem}-{datetime.now():%Y%m%d-%H%M%S}"  # noqa: DTZ005


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _counts(value: str) -> list[int]:
    try:
        return sorted({int(part) for part in value.split(",")})
    except ValueError:
        raise ConfigurationError(
            f"n: expected whole numbers such as 1,4,16, got {value!r}"
        ) from None
