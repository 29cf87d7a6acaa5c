"""What the tests of this folder search for, and how they compare what was found."""

from collections.abc import Callable
from typing import Any

import pytest

from tts_async.embedded import TEMPERATURE
from tts_async.evaluation import load_problems
from tts_async.generation import VLLMGenerator
from tts_async.solver import Solver
from tts_async.types.generation import Sampling
from tts_async.types.node import Path
from tts_async.types.problem import Problem
from tts_async.types.result import Result

Record = Callable[[str, object], None]
"""pytest's ``record_property``: what is worth reading afterwards, a name and a value."""

SAMPLING = Sampling(temperature=TEMPERATURE, max_tokens=256)  # half of the context
SCORE_ROUNDING = 1e-4  # the verifier's batches differ from run to run, and so its last digits


def easy_problems(count: int, level: int = 1) -> list[Problem]:
    """Held-out arithmetic with two operations more than the level says."""
    return load_problems("arithmetic", level=level, limit=count)


def embedded_solver(generator: Any, **options: Any) -> Solver:
    """The embedded verifier and a generator of the test's choice."""
    return Solver(generator=generator, verifier="embedded", sampling=SAMPLING, **options)


async def solve_all(
    solver: Solver, problems: list[Problem], strategy: Any, *, seed: int | None = None
) -> list[Result]:
    """The results in the order of the problems."""
    results = solver.solve_many(problems, strategy=strategy, seed=seed, ordered=True)
    return [result async for result in results]


async def solve_undisturbed(base_url: str, problems: list[Problem], strategy: Any) -> list[Result]:
    """What comes out when nothing goes wrong."""
    async with embedded_solver(VLLMGenerator(base_url, capacity=64)) as solver:
        return await solve_all(solver, problems, strategy)


def tree_of(result: Result) -> dict[Path, tuple[str, str, tuple[int, ...]]]:
    """Every node by its place: text, why it ended, ids."""
    return {node.path: (node.text, node.finish, node.token_ids) for node in result.tree}


def assert_same(results: list[Result], expected: list[Result]) -> None:
    """Nothing lost, nothing changed: the same trees with the same scores and answers."""
    for result, wanted in zip(results, expected, strict=True):
        assert result.error is None
        assert tree_of(result) == tree_of(wanted)
        scores = {node.path: node.score for node in result.tree}
        assert scores == pytest.approx(
            {node.path: node.score for node in wanted.tree}, abs=SCORE_ROUNDING
        )
        assert result.answer == wanted.answer
