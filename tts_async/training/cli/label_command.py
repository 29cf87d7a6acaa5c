"""``label``: say which steps of the solutions are right."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, cast

import typer

from tts_async.cli.models import GeneratorOptions
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import exit_codes, run_interruptible, say
from tts_async.cli.search_options import SamplingOptions
from tts_async.errors import ConfigurationError
from tts_async.observe import Progress
from tts_async.solver import Solver
from tts_async.training.cli import options
from tts_async.training.labelling import Rule, label_by_completions, label_by_rule
from tts_async.training.solutions import Solution, read_solutions


@exit_codes()
@with_option_groups
def label_steps(
    solutions: Annotated[Path, typer.Argument(help="The file that rollout wrote.")],
    *,
    out: options.Out,
    completions: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Monte Carlo: complete each prefix so many times and see whether the right "
            "answer can still be reached. (default: 8)",
            rich_help_panel="Labels",
        ),
    ] = None,
    soft: Annotated[
        bool,
        typer.Option(
            "--soft",
            help="Estimate the share of right completions for every step, to learn from that.",
            rich_help_panel="Labels",
        ),
    ] = False,
    rule: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="A function of problem and steps that gives a label for each step instead.",
            rich_help_panel="Labels",
        ),
    ] = None,
    sampling: SamplingOptions,
    seed: options.Seed = 0,
    max_in_flight: options.MaxInFlight = None,
    models: GeneratorOptions,
) -> None:
    """Label every step, by completions or by a rule, in TRL's stepwise supervision format.

    Started again with the same file, it continues where it stopped.
    """
    if rule is not None:
        if completions is not None or soft:
            raise ConfigurationError("rule: it draws nothing; leave out --completions, --soft")
        written = label_by_rule(find_rule(rule), read_solutions(solutions), out)
    else:
        progress = Progress()
        solver = models.make_solver(sampling, observers=[progress], max_in_flight=max_in_flight)

        async def run(solver: Solver, drawn: Sequence[Solution]) -> int:
            async with solver:
                progress.begin("label", len({solution.problem.id for solution in drawn}))
                k = 8 if completions is None else completions
                return await label_by_completions(solver, drawn, out, k=k, soft=soft, seed=seed)

        with progress:
            written = run_interruptible(run(solver, read_solutions(solutions)))
    say(f"{written} newly labelled solutions in {out}")


def find_rule(name: str) -> Rule:
    """The function ``MODULE:FUNCTION``; raises ``ConfigurationError``."""
    module, _, function = name.partition(":")
    try:
        rule = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"rule: cannot import {name!r} ({error}); "
            "write it as MODULE:FUNCTION, with the module where Python finds it"
        ) from error
    return cast(Rule, rule)
