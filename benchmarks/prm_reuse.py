"""What incremental scoring saves: tokens on a real search, and wall time by its depth.

``python -m benchmarks.prm_reuse [--json] [--quick]``: a few minutes, with ``--quick`` about 20 s.

A DVTS run over embedded problems is recorded and reported first:
``computed_tokens`` went through the reward model; ``unique_tokens`` are the nodes of the tree of
all different token prefixes, the least that any exact scorer computes; ``ratio`` is their
quotient. ``whole_text_tokens`` is what the same paths have together (each different path once).
``dvts_wall_ratio`` is the time of incremental scoring over that of whole texts when the same calls
are asked again, those of one depth at a time.

Then searches of 1 to 40 steps (of about 11 tokens, so that 40 fit into the context) are scored
both ways in turns: ``wall_ratio`` is, for every number of steps, the wall time of all calls up to
that depth, incremental over whole text, tokenising and pipes included; below 1 is faster.
``speedup`` is its inverse.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise, takewhile
from random import Random
from typing import Any, Self

from tts_async import DVTS, Problem, Solver
from tts_async.embedded import PRM_AGGREGATION, PRM_PATH
from tts_async.embedded.arithmetic import LEVELS, held_out
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families.qwen_math import QWEN_MATH_PRM
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.wire import as_conversation
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers import LocalVerifier

N, WIDTH, STEPS = 64, 4, 40
SHOWN = (1, 2, 5, 10, 20, 30, 40)
Calls = list[Sequence[ScoreRequest]]


class Recorder:
    """The embedded verifier, and every call that was made to it."""

    aggregation = PRM_AGGREGATION

    def __init__(self) -> None:
        self.calls: Calls = []
        self.verifier = LocalVerifier(PRM_PATH)
        self.capacity = self.verifier.capacity

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """Pass on."""
        self.calls.append(requests)
        return await self.verifier.score(requests)

    async def __aenter__(self) -> Self:
        await self.verifier.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.verifier.aclose()


async def record_search(problems: Sequence[str]) -> tuple[Calls, int]:
    """The calls of DVTS over all problems at once, and the tokens that were computed for them."""
    recorder = Recorder()
    async with Solver(
        generator="embedded", verifier=recorder, strategy=DVTS(n=N, beam_width=WIDTH)
    ) as solver:
        async for _ in solver.solve_many(problems):
            pass
        return recorder.calls, (await recorder.verifier.statistics()).computed_tokens


def count_tokens(calls: Calls) -> tuple[int, int]:
    """Different token prefixes of all paths, and tokens of all different paths."""
    tokenizer = ChatTokenizer(PRM_PATH)
    marker = PathMarker(tokenizer, QWEN_MATH_PRM, context_length=1 << 20)
    paths = sorted(
        {
            marker.mark(as_conversation(request.problem.messages(None)), request.steps).ids
            for requests in calls
            for request in requests
        }
    )
    total = sum(map(len, paths))
    # In sorted order no other path has more in common with a path than the one before it.
    return total - sum(shared_length(*pair) for pair in pairwise(paths)), total


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Length of the common beginning."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


def waves(calls: Calls) -> list[Calls]:
    """The calls by the depth of their paths."""
    by_depth = defaultdict[int, Calls](list)
    for requests in calls:
        by_depth[max(len(request.steps) for request in requests)].append(requests)
    return [by_depth[depth] for depth in sorted(by_depth)]


def deep_search(n: int, seed: int) -> list[Calls]:
    """The calls of ``n / WIDTH`` subtrees that go 40 short steps down, depth by depth."""
    rng = Random(seed)  # noqa: S311 - numbers in texts
    problem = Problem(f"What is ({rng.randint(10, 99)}*{rng.randint(10, 99)})-({seed}+66)?")
    nodes: list[tuple[str, ...]] = [()] * (n // WIDTH)
    depths = []
    for _ in range(STEPS):
        calls: Calls = []
        for number, node in enumerate(nodes):
            numbers = [rng.sample(range(10, 50), 2) for _ in range(WIDTH)]
            children = [(*node, f"{a}+{b} = {a + b}\n{b}\n\n") for a, b in numbers]
            calls.append([ScoreRequest(problem, steps) for steps in children])
            nodes[number] = children[0]
        depths.append(calls)
    return depths


async def time_both(
    verifiers: Sequence[LocalVerifier], searches: Sequence[Sequence[Calls]]
) -> list[list[float]]:
    """Seconds per depth and verifier, asked in turns: the best over several like searches."""
    best: list[list[float]] = []
    for depths in zip(*searches, strict=True):
        rounds = [[await seconds(verifier, calls) for verifier in verifiers] for calls in depths]
        best.append([min(times) for times in zip(*rounds, strict=True)])
    return best


async def seconds(verifier: LocalVerifier, calls: Calls) -> float:
    """Until all of these calls are answered, made at once."""
    start = time.perf_counter()
    await asyncio.gather(*map(verifier.score, calls))
    return time.perf_counter() - start


def wall_ratio(depths: Sequence[Sequence[float]]) -> float:
    """The first verifier's time over the second's."""
    return sum(times[0] for times in depths) / sum(times[1] for times in depths)


async def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark."""
    levels, count = (LEVELS[::2], 1) if quick else (LEVELS, 4)
    problems = [problem.text for level in levels for problem in held_out(level, count)]
    calls, computed = await record_search(problems)
    unique, whole = count_tokens(calls)
    n, rounds = (16, 1) if quick else (N, 2)
    async with (
        LocalVerifier(PRM_PATH) as incremental,
        LocalVerifier(PRM_PATH, cache_tokens=0) as whole_text,
    ):
        both = incremental, whole_text
        replayed = await time_both(both, [waves(calls)])
        depths = await time_both(both, [deep_search(n, seed) for seed in range(rounds)])
    ratios = {steps: wall_ratio(depths[:steps]) for steps in range(1, STEPS + 1)}
    return {
        "problems": len(problems),
        "n": N,
        "computed_tokens": computed,
        "unique_tokens": unique,
        "ratio": round(computed / unique, 4),
        "whole_text_tokens": whole,
        "dvts_wall_ratio": round(wall_ratio(replayed), 3),
        "wall_ratio": {str(steps): round(ratio, 3) for steps, ratio in ratios.items()},
        "speedup": {str(steps): round(1 / ratio, 2) for steps, ratio in ratios.items()},
        "wall_ratio_n": n,
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer problems, a narrower search")
    options = parser.parse_args()
    figures = asyncio.run(measure(quick=options.quick))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        shown = {s: value[str(s)] for s in SHOWN} if isinstance(value, dict) else value
        print(f"{name}: {shown}")


if __name__ == "__main__":
    main()
