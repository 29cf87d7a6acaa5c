"""Solve many problems at once: their searches share the models, the urgent ones go first."""

import asyncio
from dataclasses import replace

from tts_async import BeamSearch, Budget, Problem, Solver
from tts_async.evaluation import load_problems


async def main() -> None:
    """A batch of background problems, and two that somebody is waiting for."""
    batch = load_problems("arithmetic", limit=20)
    problems = [replace(problem, priority=10) for problem in batch]
    problems += [
        Problem("(12*9)-(41+66)", answer="1", priority=0),
        Problem("(5*5)+(30-2)", answer="53", priority=0),
    ]
    async with Solver(strategy=BeamSearch(n=8), budget=Budget(seconds=30)) as solver:
        async for result in solver.solve_many(problems):
            kind = "urgent" if result.problem.priority == 0 else "batch"
            verdict = "right" if result.answer == result.problem.answer else "wrong"
            print(f"{kind:>6}: {result.problem.text} = {result.answer} ({verdict})")


if __name__ == "__main__":
    asyncio.run(main())
