"""The reference's schedule and ours on a real vLLM server on this machine's CPU.

``python -m benchmarks.real_vllm [--json] [--quick] [--rounds N]``: some minutes for each round,
less than one with ``--quick``. It starts a server of its own with the embedded generator (the
interpreter that has vLLM is ``$VLLM_PYTHON``, or ``.venv-vllm/bin/python``), and the embedded
reward model in a process beside it. Problems, seeds, sampling and search decisions are the same for
all; prefix caches are not shared between runs.

- ``lock_step``: as in ``benchmarks/fleet/baselines.py``; every path is scored as a whole text
- ``lock_step, our verifier``: the same with prefix reuse, and equal paths scored once
- ``tts_async``: ``Solver.solve_many``

``ratio`` is the makespan over that of ``tts_async`` in the same round, and its median closes the
table, since rounds scatter. Generator and verifier share two cores here, so what one saves the
other gets: a gain from overlap is bounded by what either leaves idle.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fleet.baselines import Job
from benchmarks.fleet.measure import Schedule, in_lock_step, ours
from benchmarks.fleet.rounds import AnyStrategy
from benchmarks.whole_texts import WholeTextVerifier
from tests.vllm.servers import VLLMServer
from tts_async import DVTS, BeamSearch, Problem, Sampling
from tts_async.embedded import GENERATOR_PATH, PRM_AGGREGATION, PRM_PATH, TEMPERATURE
from tts_async.embedded.arithmetic import LEVELS, held_out
from tts_async.generation import VLLMGenerator
from tts_async.types.generation import GenerationRequest, Step
from tts_async.verifiers import LocalVerifier

ROOT = Path(__file__).parents[1]
COMPILED = ("--no-enforce-eager",)  # the tests start faster without, and generate at half the speed
SCHEDULES = (
    Schedule("lock_step", in_lock_step, reuse=False),
    Schedule("lock_step, our verifier", in_lock_step),
    Schedule("tts_async", ours),
)


class CountingGenerator:
    """A generator, and how many tokens it gave."""

    sampling = Sampling(temperature=TEMPERATURE)

    def __init__(self, generator: VLLMGenerator) -> None:
        self.capacity = generator.capacity
        self.load = generator.load
        self.tokens = self.calls = 0
        self._generator = generator

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Pass on."""
        steps = await self._generator.generate(request)
        self.calls += 1
        self.tokens += sum(step.tokens for step in steps)
        return steps


class OpenVerifier:
    """A verifier that stays open, for its statistics, when a solver has done with it."""

    aggregation = PRM_AGGREGATION

    def __init__(self, verifier: LocalVerifier | WholeTextVerifier) -> None:
        self.capacity = verifier.capacity
        self.score = verifier.score


async def run(
    schedule: Schedule, url: str, problems: Sequence[Problem], strategy: AnyStrategy, number: int
) -> dict[str, Any]:
    """One row, of the round with this number."""
    latencies: list[float] = []
    async with (
        VLLMGenerator(url, cache_salt=f"{number} {schedule.name} {strategy!r}") as vllm,
        LocalVerifier(PRM_PATH) if schedule.reuse else WholeTextVerifier() as verifier,
    ):
        generator = CountingGenerator(vllm)
        start = time.perf_counter()
        job = Job(
            generator=generator,
            verifier=OpenVerifier(verifier),
            problems=problems,
            strategy=strategy,
            done=lambda _: latencies.append(time.perf_counter() - start),
            sampling=generator.sampling,
            aggregation=PRM_AGGREGATION,
        )
        await schedule.run(job, generator.capacity)
        makespan = time.perf_counter() - start
        computed = (await verifier.statistics()).computed_tokens
    return {
        "strategy": type(strategy).__name__,
        "n": strategy.n,
        "problems": len(problems),
        "schedule": schedule.name,
        "round": number,
        "makespan_s": round(makespan, 2),
        "mean_s": round(sum(latencies) / len(latencies), 2),
        "expansions": generator.calls,
        "generated_tokens": generator.tokens,
        "prm_tokens": computed,
    }


async def measure(url: str, *, quick: bool, rounds: int) -> list[dict[str, Any]]:
    """All rows."""
    count = 2 if quick else 10
    problems = [problem for level in LEVELS for problem in held_out(level, count)]
    asked = [Problem(problem.text) for problem in problems]
    rows: list[dict[str, Any]] = []
    strategies: list[AnyStrategy] = [DVTS(16)] if quick else [DVTS(16), BeamSearch(16)]
    for strategy, number in product(strategies, range(1, rounds + 1)):
        runs = [await run(schedule, url, asked, strategy, number) for schedule in SCHEDULES]
        for row in runs:
            row["ratio"] = round(row["makespan_s"] / runs[-1]["makespan_s"], 2)
        rows += runs
    return rows


def median_ratios(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The median over the rounds, for every strategy and schedule."""
    ratios: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        ratios.setdefault((row["strategy"], row["schedule"]), []).append(row["ratio"])
    return [
        {"strategy": strategy, "schedule": schedule, "median_ratio": median(each)}
        for (strategy, schedule), each in ratios.items()
    ]


@contextmanager
def own_server() -> Iterator[str]:
    """A vLLM server with the embedded generator, for as long as it is needed; its address."""
    python = os.environ.get("VLLM_PYTHON", str(ROOT / ".venv-vllm" / "bin" / "python"))
    if not Path(python).exists():
        sys.exit(f"VLLM_PYTHON: there is no {python}; name an interpreter that has vLLM")
    with tempfile.TemporaryDirectory() as logs:
        server = VLLMServer("benchmark", GENERATOR_PATH, python, Path(logs), COMPILED)
        server.start()
        try:
            server.wait_until_ready()
            yield server.base_url
        finally:
            server.stop()


def main() -> None:
    """Start a server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="10 problems, DVTS only")
    parser.add_argument("--rounds", type=int, default=1, help="how often to measure everything")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds: must be at least 1, got {options.rounds}")
    with own_server() as url:
        load = os.getloadavg()[0]
        rows = asyncio.run(measure(url, quick=options.quick, rounds=options.rounds))
    medians = median_ratios(rows)
    if options.json:
        print(json.dumps({"rows": rows, "medians": medians, "load_average": load}))
        return
    print(f"load average {load:.1f}")
    for row in [*rows, *medians]:
        print("  ".join(f"{value}" for value in row.values()))


if __name__ == "__main__":
    main()
