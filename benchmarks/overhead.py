"""What the engine itself costs: CPU per expansion, memory per node.

``python -m benchmarks.overhead [--json] [--quick] [--profile]``: about 1 min, with ``--quick``
about 15 s. An expansion draws four steps of 40 tokens, which are then scored; the strategy is DVTS,
and the verifier answers at once. CPU is this process's, the median over rounds.

- ``in_process_us``: microseconds per expansion with a generator that answers at once too, so this
  is strategy, seeds, scheduler, tree, events and vote (``engine`` in ``benchmarks.client``)
- ``http_us``: with ``VLLMGenerator`` on a server process without a model (``vllm`` there)
- ``bytes_per_node``: growth of a process's memory per node, with ``problems_in_flight`` searches
  that all wait for their third step; everything that a search holds is in it: texts of 170
  characters, 40 token ids, tasks, tickets and requests. ``without_ids_bytes_per_node``: with a
  generator that has no ids
- ``--profile``: where the time in process goes, as cProfile sees it
"""

import argparse
import asyncio
import cProfile
import gc
import json
import os
import pstats
import subprocess
import sys
from array import array
from contextlib import AsyncExitStack
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any

from benchmarks.client import (
    PROMPTS,
    STRATEGY,
    InstantVerifier,
    cpu_per_expansion,
    open_subjects,
    problems,
)
from benchmarks.null_server import CHOICES, IDS, STEP, TOKENS, null_server
from tts_async import Solver
from tts_async.types.generation import GenerationRequest, Step

SUBJECTS = {"in_process_us": "engine", "http_us": "vllm"}
PARKED_DEPTH = 2
PARKED_NODES = STRATEGY.n * PARKED_DEPTH
KIBIBYTE = 1024


class ParkingGenerator:
    """Answers at once until the searches are ``PARKED_DEPTH`` steps deep, and then never more.

    Texts and numbers are fresh objects, as they are when they come out of a server's JSON.
    ``all_parked`` is set when ``expansions`` wait.
    """

    capacity = 1_000_000

    def __init__(self, expansions: int, *, ids: bool) -> None:
        self.all_parked = asyncio.Event()
        self._missing = expansions
        self._ids = array("l", IDS[:TOKENS] if ids else [])

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Steps that say the same."""
        if len(request.steps) == PARKED_DEPTH:
            self._missing -= 1
            if self._missing == 0:
                self.all_parked.set()
            await asyncio.Event().wait()
        return [
            Step(f"{index}{STEP}", "step", TOKENS, tuple(self._ids)) for index in range(request.n)
        ]


async def bytes_per_node(count: int, *, ids: bool) -> float:
    """Growth of this process, spread over the nodes of all searches in flight."""
    generator = ParkingGenerator(count * STRATEGY.n // CHOICES, ids=ids)
    asked = problems(PROMPTS[0], count, "parked ")
    async with Solver(generator=generator, verifier=InstantVerifier(), strategy=STRATEGY) as solver:
        gc.collect()
        before = peak_memory()
        searches = [asyncio.ensure_future(solver.solve(problem)) for problem in asked]
        await generator.all_parked.wait()
        grown = peak_memory() - before
        for search in searches:
            search.cancel()
        await asyncio.wait(searches)
    return grown / (count * PARKED_NODES)


def peak_memory() -> int:
    """The most that this process ever had in memory, in bytes."""
    unit = 1 if sys.platform == "darwin" else KIBIBYTE
    return getrusage(RUSAGE_SELF).ru_maxrss * unit


def measure_memory(count: int, *, ids: bool) -> int:
    """In a fresh process, whose memory has grown for nothing else."""
    call = f"asyncio.run(overhead.bytes_per_node({count}, ids={ids}))"
    command = f"import asyncio; from benchmarks import overhead; print({call})"
    done = subprocess.run(  # noqa: S603 - this file
        (sys.executable, "-c", command), capture_output=True, text=True, check=True, timeout=600
    )
    return round(float(done.stdout))


async def measure_cpu(*, quick: bool) -> dict[str, int]:
    """Both figures in microseconds, the two taking turns."""
    rounds, count = (7, 8) if quick else (21, 16)
    taken: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(null_server())
        subjects = await open_subjects(url, stack)
        for number in range(rounds + 1):
            for name, subject in SUBJECTS.items():
                asked = problems(PROMPTS[0], count, f"{number}.")
                taken[name].append(await cpu_per_expansion(subjects[subject], asked))
    return {name: round(median(costs[1:])) for name, costs in taken.items()}  # the first warms up


async def profile() -> None:
    """Print where the time in process goes."""
    profiler = cProfile.Profile()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(null_server())
        engine = (await open_subjects(url, stack))["engine"]
        profiler.enable()
        await engine(problems(PROMPTS[0], 100, "profiled "))
        profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark."""
    count = 1_000 if quick else 10_000
    return {
        **asyncio.run(measure_cpu(quick=quick)),
        "bytes_per_node": measure_memory(count, ids=True),
        "without_ids_bytes_per_node": measure_memory(count, ids=False),
        "problems_in_flight": count,
        "nodes": count * PARKED_NODES,
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, 1,000 problems")
    parser.add_argument("--profile", action="store_true", help="profile instead of measuring")
    options = parser.parse_args()
    if options.profile:
        asyncio.run(profile())
        return
    figures = measure(quick=options.quick)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
