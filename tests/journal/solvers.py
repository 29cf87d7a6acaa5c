"""Solvers on random trees that count what they are asked for."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tts_async import GenerationRequest, Problem, Result, ScoreRequest, Solver, Step
from tts_async.journal import Journal, RunRecord, read_results, read_runs
from tts_async.testing import RandomGenerator

PROBLEMS = [Problem(f"problem {number}") for number in range(3)]


class Generator(RandomGenerator):
    """Random trees; the requests in the order they came. Those that come may ``go``, or wait."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.requests: list[GenerationRequest] = []
        self.go = asyncio.Event()
        self.go.set()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """What ``RandomGenerator`` says."""
        self.requests.append(request)
        await self.go.wait()
        return await super().generate(request)


class Verifier:
    """Likes large numbers; counts paths."""

    aggregation = "min"

    def __init__(self) -> None:
        self.paths = 0

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One number per step."""
        self.paths += len(requests)
        return [[(sum(map(ord, step)) % 97) / 97 for step in r.steps] for r in requests]


class Outcome:
    """What a run of a strategy gave and what it asked for."""

    def __init__(
        self, results: list[Result], generator: Generator, verifier: Any, journal: Journal
    ) -> None:
        self.results = [outcome(result) for result in results]
        self.asked = len(generator.requests)
        self.scored = getattr(verifier, "paths", 0)
        self.statistics = journal.statistics()


async def run(
    path: Path,
    strategy: Any,
    *,
    seed: int = 0,
    generator: Any = None,
    verifier: Any = None,
    problems: Sequence[Problem] = PROBLEMS,
    **options: Any,
) -> Outcome:
    """One process' worth of work on a journal."""
    generator = generator or Generator()
    verifier = verifier or Verifier()
    journal = Journal(path)
    async with Solver(
        generator=generator, verifier=verifier, journal=journal, strategy=strategy, **options
    ) as solver:
        results = [r async for r in solver.solve_many(problems, seed=seed, ordered=True)]
    return Outcome(results, generator, verifier, journal)


def outcome(result: Result) -> dict[str, Any]:
    """Everything about a result but the time it took."""
    data = result.to_dict()
    del data["spend"]["seconds"], data["spend"]["queued_seconds"]
    return data


async def runs_of(path: Path) -> list[RunRecord]:
    """What a journal holds, read where it does not block the loop."""
    return await asyncio.to_thread(read_runs, path)


async def results_of(path: Path) -> list[Result]:
    """The same of its results."""
    return await asyncio.to_thread(lambda: list(read_results(path)))
