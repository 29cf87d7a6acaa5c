"""Stage two: a label for every step, by completions or by a rule."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from pathlib import Path

from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError, InvalidScores
from tts_async.evaluation import evaluate
from tts_async.solver import Solver
from tts_async.training.monte_carlo import MonteCarlo, Prefixes
from tts_async.training.row_file import RowFile
from tts_async.training.solutions import Solution, by_problem
from tts_async.training.stepwise import LabelledSolution, from_stepwise, label_solution
from tts_async.types.problem import Problem
from tts_async.types.tree import Tree

Rule = Callable[[Problem, Sequence[str]], Sequence[bool]]
"""From a problem and the steps of a solution, delimiters included, to a label per step."""


async def label_by_completions(
    solver: Solver,
    solutions: Sequence[Solution],
    out: str | Path,
    *,
    k: int = 8,
    soft: bool = False,
    seed: int = 0,
) -> int:
    """Label the steps of solutions by Monte Carlo and append them to ``out``; how many were new.

    ``solver`` brings the generator that completes ``k`` times from each prefix: use the one that
    drew the solutions, with the same sampling. A solution is labelled up to its first wrong step
    and written without the rest. ``soft`` estimates the share of right completions for every step,
    which costs draws from the prefixes of right solutions too. A run that was killed continues
    where it stopped.

    Raises ``ConfigurationError`` for ``k`` below 1 and for a file that was labelled otherwise, and
    what ``evaluate`` raises when the generator is gone.
    """
    if k < 1:
        raise ConfigurationError(f"k: must be at least 1, got {k}")
    method = f"{k} completions, {'soft' if soft else 'hard'}, seed {seed}"
    file = RowFile(out)
    done = await asyncio.to_thread(_labelled_so_far, file, method)
    groups = {
        name: group
        for name, group in by_problem(_with_steps(solutions)).items()
        if any(solution.key not in done for solution in group)
    }
    problems = [group[0].problem for group in groups.values()]
    written = 0
    async with AnswerChecker() as checker:
        strategy = MonteCarlo(groups, checker, k=k, soft=soft)
        async with aclosing(
            evaluate(solver, problems, strategy, seed=seed, checker=checker)
        ) as outcomes:
            async for outcome in outcomes:
                if outcome.result.error is not None:
                    continue  # the next run tries again
                rows = _read_labels(outcome.result.tree, groups[outcome.problem.id], method, soft)
                new = [row.to_dict() for row in rows if row.key not in done]
                await asyncio.to_thread(file.append, new)
                written += len(new)
    return written


def label_by_rule(rule: Rule, solutions: Sequence[Solution], out: str | Path) -> int:
    """Label the steps of solutions with a function and append them to ``out``; how many were new.

    Whether the labels are local or cumulative is the rule's to decide. Raises ``InvalidScores``
    when it does not give one label per step, ``ConfigurationError`` for a file that was labelled
    otherwise.
    """
    name = f"rule {getattr(rule, '__module__', '')}:{getattr(rule, '__qualname__', rule)}"
    file = RowFile(out)
    done = _labelled_so_far(file, name)
    rows = []
    for solution in _with_steps(solutions):
        if solution.key in done:
            continue
        labels = [bool(label) for label in rule(solution.problem, solution.whole_steps)]
        if len(labels) != len(solution.whole_steps):
            raise InvalidScores(
                f"{name} gave {len(labels)} labels for {len(solution.whole_steps)} steps of "
                f"problem {solution.problem.id!r}"
            )
        rows.append(label_solution(solution, labels, name).to_dict())
    file.append(rows)
    return len(rows)


def _with_steps(solutions: Iterable[Solution]) -> list[Solution]:
    """Those that have a step to judge: a truncated solution may not have one."""
    return [solution for solution in solutions if solution.whole_steps]


def _labelled_so_far(file: RowFile, method: str) -> set[tuple[str, int]]:
    rows = [from_stepwise(row, place) for place, row in file.resume()]
    other = next((row.labelled_by for row in rows if row.labelled_by != method), method)
    if other != method:
        raise ConfigurationError(
            f"out: {file.path} holds labels by {other!r}, these would be by {method!r}; "
            "choose another file"
        )
    return {row.key for row in rows}


def _read_labels(
    tree: Tree, solutions: Sequence[Solution], method: str, soft: bool
) -> list[LabelledSolution]:
    """The scores of each solution's prefixes, up to and including the first hopeless one."""
    rows = []
    for solution, paths in zip(solutions, Prefixes(Tree(), solutions).paths, strict=True):
        shares = [tree[path].score or 0.0 for path in paths]
        labels = [share > 0 for share in shares]
        row = label_solution(solution, labels, method, shares=shares if soft else None)
        rows.append(row.up_to_the_first_error())
    return rows
