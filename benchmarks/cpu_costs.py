"""The constants of the simulation's ``cpu`` costs, measured on this machine.

``python -m benchmarks.cpu_costs``: about a minute. It starts the same server as
``benchmarks.real_vllm`` and the local verifier, both with the embedded models, and fits straight
lines: seconds per decoding step by the number of sequences, seconds of a prefill by its tokens,
seconds of the verifier by the tokens that it computes. Everything is the best of a few rounds.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from statistics import linear_regression
from typing import Any

import aiohttp

from benchmarks.real_vllm import own_server
from tests.vllm.servers import MODEL
from tts_async import Problem
from tts_async.embedded import PRM_PATH
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers import LocalVerifier

ROUNDS = 5
BATCHES = (1, 8, 16, 32, 48, 64)
DECODED, SHORT = 64, 32  # tokens
PROMPTS = (32, 128, 256, 400)
PATHS = (1, 8, 16, 32)
VOCABULARY = range(10, 100)

Run = Callable[[], Awaitable[Any]]


async def best_seconds(run: Run) -> float:
    """Of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        await run()
        times.append(time.perf_counter() - start)
    return min(times)


def fit(sizes: Sequence[int], seconds: Sequence[float]) -> dict[str, float]:
    """Seconds at size 0, and for each one more."""
    slope, intercept = linear_regression(sizes, seconds)
    return {"fixed": intercept, "each": slope}


async def measure_server(url: str, rng: Random) -> dict[str, dict[str, float]]:
    """A decoding step, and a prefill."""
    async with aiohttp.ClientSession() as session:

        async def complete(prompt: int, n: int, tokens: int) -> None:
            body = {"model": MODEL, "prompt": rng.choices(VOCABULARY, k=prompt), "n": n}
            body |= {"max_tokens": tokens, "ignore_eos": True, "seed": rng.randrange(2**31)}
            async with session.post(f"{url}/v1/completions", json=body) as response:
                response.raise_for_status()
                await response.read()

        steps = []
        for batch in BATCHES:
            once = await best_seconds(lambda n=batch: complete(SHORT, n, 1))  # type: ignore[misc]
            seconds = await best_seconds(lambda n=batch: complete(SHORT, n, 1 + DECODED))  # type: ignore[misc]
            steps.append((seconds - once) / DECODED)
        prefills = [await best_seconds(lambda p=p: complete(p, 1, 1)) for p in PROMPTS]  # type: ignore[misc]
    return {"decoding_step": fit(BATCHES, steps), "prefill": fit(PROMPTS, prefills)}


async def measure_verifier(rng: Random) -> dict[str, dict[str, float]]:
    """A call for new paths of one step each."""
    async with LocalVerifier(PRM_PATH) as verifier:

        async def score(count: int) -> None:
            texts = [f"{rng.randrange(10_000)}+{rng.randrange(10_000)}" for _ in range(count)]
            await verifier.score([ScoreRequest(Problem(text), (f"{text} = 7",)) for text in texts])

        tokens, seconds = [], []
        for count in PATHS:
            before = (await verifier.statistics()).computed_tokens
            seconds.append(await best_seconds(lambda n=count: score(n)))  # type: ignore[misc]
            tokens.append(((await verifier.statistics()).computed_tokens - before) // ROUNDS)
    return {"verifier": fit(tokens, seconds)}


async def measure(url: str) -> dict[str, Any]:
    """All constants, in seconds."""
    rng = Random(0)  # noqa: S311 - numbers in prompts
    figures = await measure_server(url, rng) | await measure_verifier(rng)
    return figures | {"load_average": os.getloadavg()[0]}


def main() -> None:
    """Start a server, measure, print."""
    with own_server() as url:
        print(json.dumps(asyncio.run(measure(url)), indent=2))


if __name__ == "__main__":
    main()
