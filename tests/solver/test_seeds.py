"""Many problems with many seeds, in one run."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from tts_async import Majority, Problem, Result, Solver
from tts_async.errors import ConfigurationError
from tts_async.testing import RandomGenerator, run_virtual

PROBLEMS = [Problem(f"p{i}") for i in range(3)]


async def stream() -> AsyncIterator[Problem]:
    """The problems, one by one."""
    for problem in PROBLEMS:
        yield problem


@pytest.mark.parametrize("as_stream", [False, True])
def test_every_problem_with_each(*, as_stream: bool) -> None:
    """All with the first, then all with the second; each result is that of its seed alone."""

    async def main() -> tuple[list[Result], list[Result]]:
        async with Solver(generator=RandomGenerator(), strategy=Majority(n=4)) as solver:
            source = stream() if as_stream else PROBLEMS
            many = solver.solve_many(source, seeds=(5, 9), ordered=True)
            together = [result async for result in many]
            alone = [await solver.solve(p, seed=seed) for seed in (5, 9) for p in PROBLEMS]
            return together, alone

    together, alone = run_virtual(main())
    assert [(result.problem.text, result.seed) for result in together] == [
        (problem.text, seed) for seed in (5, 9) for problem in PROBLEMS
    ]
    assert [result.candidates for result in together] == [result.candidates for result in alone]


def test_the_lanes_stay_full_between_seeds() -> None:
    """The second seed begins before the last problem of the first has ended."""

    async def main() -> int:
        generator = RandomGenerator(
            delay=lambda request: 5.0 if request.problem.text == "p2" else 1.0
        )
        async with Solver(generator=generator, strategy=Majority(n=1), max_in_flight=2) as solver:
            seeds = [r.seed async for r in solver.solve_many(PROBLEMS, seeds=(0, 1))]
        return seeds.index(1)

    assert run_virtual(main()) == 2


def test_an_endless_stream_with_one_seed() -> None:
    """It is not kept."""

    async def main() -> list[int]:
        async with Solver(generator=RandomGenerator(), strategy=Majority(n=1)) as solver:
            found = []
            async for result in solver.solve_many((f"p{i}" for i in count()), seeds=[7]):
                found.append(result.seed)
                if len(found) == 300:
                    return found
        raise AssertionError

    assert run_virtual(main()) == [7] * 300


@pytest.mark.parametrize(("seed", "seeds"), [(1, (2, 3)), (None, ())])
def test_seeds_that_make_no_sense(seed: int | None, seeds: tuple[int, ...]) -> None:
    """Both, or none at all."""

    async def main() -> None:
        async with Solver(generator=RandomGenerator()) as solver:
            async for _ in solver.solve_many(PROBLEMS, seed=seed, seeds=seeds):
                raise AssertionError

    with pytest.raises(ConfigurationError, match="seeds: give at least one"):
        run_virtual(main())
