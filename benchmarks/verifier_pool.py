"""Scoring for many searches at once: the pool against one path at a time and against lock-step.

``python -m benchmarks.verifier_pool [--json] [--quick]``: about 2 minutes, with ``--quick`` 40 s.

The searches are like those of DVTS: four subtrees per problem, four candidates per subtree and
depth, arithmetic steps of the embedded kind. A search asks for its next depth when it has the
scores of this one. Every way has one process with one thread and the embedded reward model:

- ``pool``: 1, 8 or 64 searches in flight, as ``VerifierPool`` does it by default;
- ``pool_whole_text``: the same without keys and values of earlier paths, which shows how much of
  the gain is reuse and how much is batching;
- ``one_at_a_time``: one path after the other, each as a whole text;
- ``lock_step``: the candidates of a problem's depth as one batch of whole texts, one problem after
  the other. Packed without padding, which is more than the usual tools do;
- ``lock_step_padded``: the same on transformers, padded, which is what they do.

``requests_per_second`` counts paths. ``tokens_per_second`` counts the tokens of all different paths
from their first one, however few had to be computed, so that the ways can be compared;
``computed_tokens`` are those per path that were. Equal paths are scored once in all of the ways.
``cpu_us_per_token`` is the processor time of both processes together: what to look at on a machine
that has other things to do. ``speedup`` is how many times more tokens per second the pool scores
than each other way, ``cpu_speedup`` the same by processor time. The other ways are measured on a
part of the problems; the last three go problem by problem whatever is in flight.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tts_async import Problem, ScoreRequest, StepScores
from tts_async.embedded import PRM_PATH
from tts_async.embedded.arithmetic import final_step, generate, next_step
from tts_async.embedded.expressions import parse
from tts_async.verifiers import VerifierPool

SUBTREES, WIDTH, LEVEL = 4, 4, 3
IN_FLIGHT = (1, 8, 64)
Depth = list[list[ScoreRequest]]
"""One call of ``WIDTH`` paths per subtree."""
Score = Callable[[Sequence[ScoreRequest]], Awaitable[Sequence[StepScores]]]


def make_search(index: int) -> list[Depth]:
    """The calls of one search, depth by depth."""
    rng = Random(index)  # noqa: S311 - a benchmark's data
    drawn = generate(LEVEL, index)
    problem = Problem(drawn.text, id=str(index))
    subtrees = [grow(problem, drawn.expression, rng) for _ in range(SUBTREES)]
    depths = max(map(len, subtrees))
    return [[calls[depth] for calls in subtrees if depth < len(calls)] for depth in range(depths)]


def grow(problem: Problem, expression: str, rng: Random) -> list[list[ScoreRequest]]:
    """One subtree: a right step at each depth goes on, next to three that may have a slip."""
    left = parse(expression)
    assert left is not None
    steps: tuple[str, ...] = ()
    calls = []
    while not isinstance(left, int):
        number = len(steps) + 1
        candidates = [next_step(left, number, rng) for _ in range(WIDTH)]
        texts = [candidates[0][0], *(slip(text, rng) for text, _ in candidates[1:])]
        calls.append([ScoreRequest(problem, (*steps, text)) for text in texts])
        steps, left = (*steps, texts[0]), candidates[0][1]
    ends = [final_step(left + wrong) for wrong in range(WIDTH)]
    return [*calls, [ScoreRequest(problem, (*steps, text)) for text in ends]]


def slip(step: str, rng: Random) -> str:
    """Every other time, one digit is another one."""
    if rng.random() < 0.5:  # noqa: PLR2004
        return step
    place = rng.choice([i for i, character in enumerate(step) if character.isdigit()])
    return f"{step[:place]}{rng.randrange(10)}{step[place + 1 :]}"


async def concurrently(score: Score, searches: Sequence[list[Depth]], in_flight: int) -> None:
    """So many searches at a time, each at its own pace."""
    line = iter(searches)

    async def work() -> None:
        for search in line:
            for depth in search:
                await asyncio.gather(*map(score, depth))

    await asyncio.gather(*(work() for _ in range(in_flight)))


async def in_lock_step(score: Score, searches: Sequence[list[Depth]], _in_flight: int) -> None:
    """All candidates of a depth in one call, one problem after the other."""
    for depths in zip_longest_depths(searches):
        for depth in depths:
            await score([path for call in depth for path in call])


async def one_at_a_time(score: Score, searches: Sequence[list[Depth]], _in_flight: int) -> None:
    """Nothing is batched."""
    for depths in zip_longest_depths(searches):
        for path in (path for depth in depths for call in depth for path in call):
            await score([path])


def zip_longest_depths(searches: Sequence[list[Depth]]) -> list[list[Depth]]:
    """First everybody's first depth, then everybody's second, and so on."""
    deepest = max(map(len, searches))
    return [[s[depth] for s in searches if depth < len(s)] for depth in range(deepest)]


@dataclass(frozen=True, slots=True)
class Way:
    """The verifier's options, who asks when, and one of how many problems is measured."""

    drive: Callable[[Score, Sequence[list[Depth]], int], Awaitable[None]]
    options: dict[str, Any]
    one_of: int = 1


WAYS = {
    "pool": Way(concurrently, {}),
    "pool_whole_text": Way(concurrently, {"cache_tokens": 0}, one_of=4),
    "one_at_a_time": Way(one_at_a_time, {"cache_tokens": 0}, one_of=8),
    "lock_step": Way(in_lock_step, {"cache_tokens": 0}, one_of=4),
    "lock_step_padded": Way(in_lock_step, {"backend": "transformers"}, one_of=4),
}


async def measure_way(
    way: Way, pool: VerifierPool, problems: range, in_flight: int
) -> dict[str, float]:
    """One way, on its part of the problems."""
    searches = [make_search(index) for index in problems[:: way.one_of]]
    (before,) = await pool.statistics()
    busy, start = processor_seconds(before.pid), time.perf_counter()
    await way.drive(pool.score, searches, in_flight)
    seconds, busy = time.perf_counter() - start, processor_seconds(before.pid) - busy
    (after,) = await pool.statistics()

    def done(name: str) -> int:
        count: int = getattr(after.scoring, name) - getattr(before.scoring, name)
        return count

    asked = sum(len(call) for search in searches for depth in search for call in depth)
    return {
        "requests_per_second": round(asked / seconds, 1),
        "tokens_per_second": round(done("tokens") / seconds),
        "computed_tokens": round(done("computed_tokens") / asked, 1),
        "paths_per_batch": round(done("paths") / done("batches"), 1),
        "cpu_us_per_token": round(1e6 * busy / done("tokens"), 2),
    }


def processor_seconds(pid: int | None) -> float:
    """What this process and the worker have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


async def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    async with AsyncExitStack() as stack:
        pools = {
            name: await stack.enter_async_context(VerifierPool(PRM_PATH, **way.options))
            for name, way in WAYS.items()
        }
        for name, way in WAYS.items():  # the first calls of a process are slow
            await measure_way(way, pools[name], range(1_000_000, 1_000_001), 1)
        first = 0
        for in_flight in IN_FLIGHT:
            problems = range(first, first + (max(in_flight, 8) if quick else 64))
            first = problems.stop
            figures[str(in_flight)] = {
                name: await measure_way(way, pools[name], problems, in_flight)
                for name, way in WAYS.items()
            }
    return {
        "in_flight": figures,
        "speedup": compare(figures, "tokens_per_second"),
        "cpu_speedup": compare(figures, "cpu_us_per_token"),
        "load_average": os.getloadavg()[0],
    }


def compare(figures: dict[str, dict[str, dict[str, float]]], key: str) -> dict[str, Any]:
    """How many times better the pool is, by this figure."""
    speedups: dict[str, Any] = {}
    for in_flight, ways in figures.items():
        ours = ways["pool"][key]
        ratios = {name: ways[name][key] / ours for name in ways if name != "pool"}
        speedups[in_flight] = {
            name: round(ratio if key == "cpu_us_per_token" else 1 / ratio, 2)
            for name, ratio in ratios.items()
        }
    return speedups


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer problems")
    options = parser.parse_args()
    figures = asyncio.run(measure(quick=options.quick))
    if options.json:
        print(json.dumps(figures))
        return
    for in_flight, ways in figures["in_flight"].items():
        print(f"{in_flight} in flight:")
        for name, way in ways.items():
            shown = ", ".join(f"{key} {value:,}" for key, value in way.items())
            print(f"  {name}: {shown}")
    for key in ("speedup", "cpu_speedup", "load_average"):
        print(f"{key}: {figures[key]}")


if __name__ == "__main__":
    main()
