"""Searches on several fake servers: a model of digits, and a verifier that has an opinion."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from tests.generation.fake_server import EOS, Delay, FakeServer, decode, encode
from tts_async import Result, Solver
from tts_async.generation import HealthPolicy, ReplicatedGenerator, RetryPolicy, VLLMGenerator
from tts_async.seeds import derive_rng
from tts_async.types.verification import ScoreRequest

QUICK = HealthPolicy(interval=0.1, timeout=10.0, strikes=2, recovery=0.05)
IMPATIENT = RetryPolicy(outage_seconds=0.05, first_wait=0.01)
STEPS = 3


def write_digits(prompt: list[int], seed: int) -> list[int]:
    """Three steps and a boxed digit; all of it follows from the seed and the path."""
    rng = derive_rng(seed, tuple(prompt))
    depth = decode(prompt).rpartition("<assistant>")[2].count("\n\n")
    if depth < STEPS:
        return [*encode(f"Step {rng.randrange(1000)}.\n\n"), *encode("more"), EOS]
    return [*encode(rf"So $\boxed{{{rng.randrange(10)}}}$."), EOS]


async def judge(requests: Sequence[ScoreRequest]) -> list[list[float]]:
    """Some number for every step."""
    return [[(sum(map(ord, step)) % 101) / 101 for step in one.steps] for one in requests]


class Judge:
    """``judge`` as a verifier."""

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One number per step."""
        return await judge(requests)


async def start_servers(stack: AsyncExitStack, count: int, delay: float = 0.01) -> list[FakeServer]:
    """So many servers of the same model, each a little slow."""
    servers = [FakeServer(write_digits) for _ in range(count)]
    for server in servers:
        await stack.enter_async_context(server)
        server.always = Delay(delay)
    return servers


def replicated(
    servers: Sequence[FakeServer],
    *,
    capacity: int = 64,
    retry: RetryPolicy | None = None,
    each: RetryPolicy = IMPATIENT,
    health: HealthPolicy = QUICK,
) -> ReplicatedGenerator:
    """A generator over these servers that loses its patience soon."""
    return ReplicatedGenerator(
        [VLLMGenerator(s.base_url, capacity=capacity, retry=each) for s in servers],
        retry=retry or RetryPolicy(seconds=60.0, first_wait=0.01),
        health=health,
    )


def solver_on(generator: Any) -> Solver:
    """A solver with the judge."""
    return Solver(generator=generator, verifier=Judge(), adapt_capacity=False)


def outcome(result: Result) -> dict[str, Any]:
    """Everything about a result but the time it took."""
    data = result.to_dict(tree=True)
    for key in ("seconds", "queued_seconds"):
        del data["spend"][key]
    return data


def problems_of(server: FakeServer) -> set[str]:
    """The problems whose prompts came to a server; the watcher's questions are text, not ids."""
    prompts = [body["prompt"] for body in server.bodies("/v1/completions")]
    texts = (decode(prompt) for prompt in prompts if isinstance(prompt, list))
    return {text.partition("<user>")[2].partition("<assistant>")[0] for text in texts}
