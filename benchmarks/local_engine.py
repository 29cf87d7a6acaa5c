"""How fast the local generator and verifier are on this machine, with the embedded models.

``python -m benchmarks.local_engine [--json] [--threads N] [--capacity N]``: about 30 s. Every
figure is the best of a few rounds, so that other programs on the machine disturb it less; the
load average is reported beside them, since they still do.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tts_async.generation.local import LocalGenerator
from tts_async.types.generation import GenerationRequest, Sampling, Step
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers.local import LocalVerifier

EMBEDDED = Path(__file__).parents[1] / "tts_async" / "embedded"
SEQUENCES = 256
ROUNDS = 3


def problems(count: int) -> list[Problem]:
    """Different problems of the embedded models' kind."""
    return [
        Problem(f"What is ({n % 9 + 1}*{n % 80 + 12})-(41+{n % 57 + 3})?") for n in range(count)
    ]


def request(problem: Problem, n: int, *, seed: int, stop: str | None = None) -> GenerationRequest:
    """``n`` whole answers, or first steps, at the published temperature."""
    return GenerationRequest(
        problem=problem,
        system_prompt=None,
        steps=(),
        token_ids=(),
        n=n,
        stop=stop,
        sampling=Sampling(max_tokens=256),
        seed=seed,
    )


async def best_rate(work: Callable[[int], Awaitable[int]]) -> float:
    """The best tokens per second of a few rounds; ``work`` returns its tokens."""
    rates = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        tokens = await work(number)
        rates.append(tokens / (time.perf_counter() - start))
    return round(max(rates))


async def measure_generator(**options: Any) -> dict[str, float]:
    """Start-up, and tokens per second at several widths."""
    start = time.perf_counter()
    async with LocalGenerator(EMBEDDED / "generator", **options) as generator:
        figures = {"start_seconds": round(time.perf_counter() - start, 2)}

        async def run(requests: Sequence[GenerationRequest]) -> int:
            answers: list[list[Step]] = await asyncio.gather(*map(generator.generate, requests))
            return sum(step.tokens for steps in answers for step in steps)

        async def answer(count: int, n: int, seed: int) -> int:
            return await run([request(problem, n, seed=seed) for problem in problems(count)])

        for sequences in (1, 16, 64, SEQUENCES):
            n = min(4, sequences)
            figures[f"answers_{sequences}"] = await best_rate(partial(answer, sequences // n, n))
        asked = problems(SEQUENCES)
        figures[f"steps_{SEQUENCES * 4}"] = await best_rate(
            lambda seed: run([request(p, 4, seed=seed, stop="\n\n") for p in asked])
        )
    return figures


async def measure_verifier(paths: Sequence[ScoreRequest], **options: Any) -> dict[str, Any]:
    """Start-up, tokens per second, and the scores themselves."""
    start = time.perf_counter()
    async with LocalVerifier(EMBEDDED / "prm", **options) as verifier:
        figures: dict[str, Any] = {"start_seconds": round(time.perf_counter() - start, 2)}
        figures["scores"] = await verifier.score(paths)

        async def run(number: int) -> int:
            # New problems every round: known paths would cost nothing.
            asked = [
                ScoreRequest(Problem(f"{number}+{path.problem.text}"), path.steps) for path in paths
            ]
            before = (await verifier.statistics()).tokens
            await asyncio.gather(*(verifier.score([each]) for each in asked))
            return (await verifier.statistics()).tokens - before

        figures["tokens_per_second"] = await best_rate(run)
    return figures


async def sample_paths() -> list[ScoreRequest]:
    """Answers of the embedded generator, cut into their steps."""
    async with LocalGenerator(EMBEDDED / "generator") as generator:
        asked = problems(SEQUENCES)
        answers = await asyncio.gather(*(generator.generate(request(p, 1, seed=0)) for p in asked))
    return [
        ScoreRequest(problem, tuple(part for part in steps[0].text.split("\n\n") if part.strip()))
        for problem, steps in zip(asked, answers, strict=True)
    ]


async def measure(threads: int, capacity: int) -> dict[str, Any]:
    """Every figure of this benchmark."""
    generator = await measure_generator(threads=threads, capacity=capacity)
    paths = await sample_paths()
    exact = await measure_verifier(paths, threads=threads)
    rough = await measure_verifier(paths, threads=threads, dtype="bfloat16")
    differences = [
        abs(one - other)
        for pair in zip(exact.pop("scores"), rough.pop("scores"), strict=True)
        for one, other in zip(*pair, strict=True)
    ]
    rough["largest_difference"] = round(max(differences), 4)
    rough["mean_difference"] = round(sum(differences) / len(differences), 5)
    return {
        "threads": threads,
        "capacity": capacity,
        "load_average": os.getloadavg()[0],
        "generator_tokens_per_second": generator,
        "verifier_float32": exact,
        "verifier_bfloat16": rough,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--capacity", type=int, default=128)
    options = parser.parse_args()
    figures = asyncio.run(measure(options.threads, options.capacity))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}:" if isinstance(value, dict) else f"{name}: {value}")
        for inner, number in value.items() if isinstance(value, dict) else ():
            print(f"  {inner}: {number}")


if __name__ == "__main__":
    main()
