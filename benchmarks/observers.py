"""What observers cost: CPU per expansion, with and without them.

``python -m benchmarks.observers [--json] [--quick]``: about 1 min, with ``--quick`` about 15 s. The
same search as in ``benchmarks.overhead``, in process: generator and verifier answer at once. The
subjects take turns, round by round; a figure is what an observer adds, the median over the rounds
of CPU microseconds per expansion (six events) beside the subject without one, ``engine_us``.

- ``logs_us``: ``log_events`` at a level that writes the starts and ends of searches only
- ``metrics_us``: ``make_metrics``
- ``traces_unsampled_us``: ``trace_searches`` and a sampler that wants none of the traces
- ``traces_us``: every span recorded, and dropped where it would be exported
"""

import logging
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

import structlog
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from benchmarks.client import (
    PROMPTS,
    STRATEGY,
    InstantGenerator,
    InstantVerifier,
    Subject,
    cpu_per_expansion,
    problems,
)
from benchmarks.figures import print_figures
from tts_async import Problem, Solver
from tts_async.observe import log_events, make_metrics, trace_searches
from tts_async.types.events import Observer

BARE = "engine_us"


def traced(sampler: Sampler) -> Observer:
    """Without a processor, so that the export is not measured."""
    return trace_searches(TracerProvider(sampler=sampler))


def quiet_logger() -> Any:
    """Makes its lines, and writes them nowhere."""
    wrapper = structlog.make_filtering_bound_logger(logging.INFO)
    return structlog.wrap_logger(structlog.ReturnLogger(), wrapper_class=wrapper)


def observers() -> dict[str, list[Observer]]:
    """One subject each."""
    return {
        BARE: [],
        "logs_us": [log_events(quiet_logger())],
        "metrics_us": [make_metrics()],
        "traces_unsampled_us": [traced(ALWAYS_OFF)],
        "traces_us": [traced(ALWAYS_ON)],
    }


async def open_subject(listening: list[Observer], stack: AsyncExitStack) -> Subject:
    """A solver that has these observers, ready to be asked."""
    solver = Solver(
        generator=InstantGenerator(),
        verifier=InstantVerifier(),
        strategy=STRATEGY,
        system_prompt=None,
        observers=listening,
    )
    await stack.enter_async_context(solver)

    async def search(asked: Sequence[Problem]) -> None:
        async for result in solver.solve_many(asked):
            assert result.answer == "42"

    return search


async def measure(*, quick: bool) -> dict[str, float]:
    """Every figure of this benchmark."""
    rounds, count = (7, 8) if quick else (31, 16)
    async with AsyncExitStack() as stack:
        subjects = {name: await open_subject(own, stack) for name, own in observers().items()}
        taken: dict[str, list[float]] = {name: [] for name in subjects}
        for number in range(rounds + 1):
            asked = problems(PROMPTS[0], count, f"{number}.")
            costs = {name: await cpu_per_expansion(run, asked) for name, run in subjects.items()}
            for name, cost in costs.items():
                if number > 0:  # the first round warms up
                    taken[name].append(cost if name == BARE else cost - costs[BARE])
    figures = {name: round(median(costs), 1) for name, costs in taken.items()}
    return figures | {"load_average": os.getloadavg()[0]}


if __name__ == "__main__":
    print_figures(measure, __doc__, "fewer rounds of fewer expansions")
