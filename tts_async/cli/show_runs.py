"""Runs and their results for people."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tts_async.journal import ModelIdentity, RunRecord
from tts_async.observe.tree import printable
from tts_async.types.result import Result


def show_runs(found: Mapping[Path, Sequence[RunRecord]]) -> None:
    """A line per run, journal after journal."""
    console = Console(highlight=False)
    for path, runs in found.items():
        table = _table(str(path))
        for name in ("run", "begun", "strategy", "n", "seed", "results", "tokens"):
            table.add_column(name, justify="left" if name in ("begun", "strategy") else "right")
        for run in runs:
            settings = run.settings
            table.add_row(
                str(run.id),
                f"{run.created.astimezone():%Y-%m-%d %H:%M}",
                settings.strategy,
                "" if settings.n is None else str(settings.n),
                str(settings.seed),
                f"{run.results:,}",
                f"{run.tokens:,}",
            )
        console.print(table)


def show_run(run: RunRecord) -> None:
    """Everything about a run."""
    console = Console(highlight=False)
    settings = run.settings
    sampling, budget = settings.sampling, settings.budget
    limits = {
        name: getattr(budget, name)
        for name in ("tokens", "expansions", "verifier_calls", "seconds")
        if getattr(budget, name) is not None
    }
    rows = {
        f"run {run.id}": settings.settings,
        "seed": str(settings.seed),
        "begun": f"{run.created.astimezone():%Y-%m-%d %H:%M:%S}, tts_async {settings.version}",
        "generator": _model(run.generator),
        "verifier": "none" if run.verifier is None else _model(run.verifier),
        "sampling": f"temperature {sampling.temperature}, top_p {sampling.top_p}, "
        f"at most {sampling.max_tokens} tokens",
        "aggregation": settings.aggregation,
        "budget": ", ".join(f"{value:,} {name}" for name, value in limits.items()) or "none",
        "results": f"{run.results:,}: {run.tokens:,} tokens, {run.expansions:,} requests, "
        f"{run.verifier_calls:,} paths scored, {run.seconds:.1f} s",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        table.add_row(Text(name, style="dim"), Text(printable(value)))
    console.print(table)
    console.print()


def show_results(results: Iterable[Result]) -> None:
    """A line per problem."""
    table = _table(None)
    for name in ("problem", "answer", "vote", "tokens", "ended"):
        table.add_column(name, justify="right" if name in ("vote", "tokens") else "left")
    for result in results:
        table.add_row(
            Text(printable(result.problem.id)),
            Text(printable(result.answer or "-"), overflow="ellipsis", no_wrap=True),
            f"{100 * result.confidence:.0f} %",
            f"{result.spend.tokens:,}",
            result.stop_reason,
        )
    Console(highlight=False).print(table)


def _table(title: str | None) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )


def _model(identity: ModelIdentity) -> str:
    name = identity.model or identity.kind.rpartition(".")[2]
    return name if identity.location is None else f"{name} at {identity.location}"
