"""How others schedule the same searches, written down literally.

``lock_step`` is the reference implementation's (Hugging Face's search-and-learn): a batch of
problems advances by one step at a time, beam search one problem, Best-of-N and DVTS 25 problems a
batch. All continuations of a step are asked for in one go and awaited, then all of them are scored
in one go and awaited; the next batch starts when the last problem of this one has ended.

``gather`` is that of the asyncio libraries (its_hub and its like): a coroutine per problem, all
problems at once. In each of its steps it gathers one request per continuation, under a semaphore
that all problems share, first come first served; then it has all of them scored in one call.

Neither is hampered: no request waits for a connection, and both say ``done`` as soon as a problem
is.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.fleet.rounds import AnyStrategy, Rounds
from tts_async import BeamSearch, Problem, Sampling
from tts_async.types.generation import GenerationRequest, Generator, Step
from tts_async.types.node import Node
from tts_async.types.verification import Aggregation, Verifier

SEARCH_BATCH = 25

Done = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be solved, and with what."""

    generator: Generator
    verifier: Verifier
    problems: Sequence[Problem]
    strategy: AnyStrategy
    done: Done
    sampling: Sampling = Sampling()  # noqa: RUF009 - frozen
    aggregation: Aggregation = "last"

    def searches(self) -> list[Rounds]:
        """A fresh search for every problem."""
        return [
            Rounds(problem, self.strategy, self.sampling, self.aggregation)
            for problem in self.problems
        ]


async def lock_step(job: Job) -> None:
    """Batch after batch, step after step, first all of the generation and then all scores."""
    searches = job.searches()
    size = 1 if isinstance(job.strategy, BeamSearch) else SEARCH_BATCH
    for start in range(0, len(searches), size):
        active = searches[start : start + size]
        while active:
            await _step_together(job, active)
            for search in active:
                if not search.frontier:
                    job.done(search.problem)
            active = [search for search in active if search.frontier]


async def _step_together(job: Job, active: Sequence[Rounds]) -> None:
    asked = [search.requests() for search in active]
    answers = iter(
        await asyncio.gather(*(job.generator.generate(r) for requests in asked for r in requests))
    )
    grown = [
        search.grow([next(answers) for _ in requests])
        for search, requests in zip(active, asked, strict=True)
    ]
    nodes = [search.to_score(groups) for search, groups in zip(active, grown, strict=True)]
    paths = [search.score_requests(own) for search, own in zip(active, nodes, strict=True)]
    scores = iter(await job.verifier.score([path for own in paths for path in own]))
    for search, groups, own, requests in zip(active, grown, nodes, paths, strict=True):
        search.advance(groups, own, requests, [next(scores) for _ in requests])


async def gather(job: Job, capacity: int) -> None:
    """Every problem a coroutine, every continuation a request, one semaphore for all."""
    semaphore = asyncio.Semaphore(capacity)
    await asyncio.gather(*(_solve_alone(job, search, semaphore) for search in job.searches()))


async def _solve_alone(job: Job, search: Rounds, semaphore: asyncio.Semaphore) -> None:
    while search.frontier:
        grown = await _expand_alone(job, search, semaphore)
        nodes: list[Node] = search.to_score(grown)
        paths = search.score_requests(nodes)
        search.advance(grown, nodes, paths, await job.verifier.score(paths))
    job.done(search.problem)


async def _expand_alone(job: Job, search: Rounds, semaphore: asyncio.Semaphore) -> list[list[Node]]:
    async def one(request: GenerationRequest, index: int) -> Step:
        async with semaphore:
            single = replace(request, n=1, seed=request.seed + index)
            (step,) = await job.generator.generate(single)
            return step

    requests = search.requests()
    singles = [one(request, index) for request in requests for index in range(request.n)]
    steps = iter(await asyncio.gather(*singles))
    return search.grow([[next(steps) for _ in range(request.n)] for request in requests])
