"""What one expansion costs the client: CPU of this process, beside a server that answers at once.

``python -m benchmarks.client [--json] [--quick]``: about 2 min, with ``--quick`` about 20 s.

An expansion asks for four steps of a path. The server is a process of its own, so its CPU does not
count, and it has no model, so nothing but the client is measured. The subjects take turns, round by
round, with ``IN_FLIGHT`` expansions at a time; a figure is the median over the rounds of CPU
microseconds per expansion. Paths grow by 40 tokens per step to ten steps, from prompts of 36 and of
632 tokens.

- ``aiohttp``: bare, ``session.post(json=…)`` and ``response.json()``
- ``openai_httpx``, ``openai_aiohttp``: ``client.completions.create`` over either transport
- ``openai_post``: the same client's ``post(cast_to=object)`` over aiohttp
- ``vllm_generator``: ``VLLMGenerator.generate`` alone
- ``openai_generator``: ``OpenAIGenerator.generate`` alone (whole answers by chat)
- ``engine``: DVTS through ``Solver.solve_many`` on a generator that answers at once: strategy,
  seeds, scheduler, tree, events, a verifier that answers at once, and the vote
- ``vllm``: the same on ``VLLMGenerator``, so all there is
"""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import product
from statistics import median
from typing import Any

import aiohttp
from openai import AsyncOpenAI, DefaultAioHttpClient

from benchmarks.figures import print_figures
from benchmarks.null_server import ANSWER, CHOICES, IDS, STEP, TOKENS, null_server
from tts_async import DVTS, Problem, Sampling, Solver
from tts_async.generation import OpenAIGenerator, VLLMGenerator
from tts_async.types.generation import GenerationRequest, Generator, Step
from tts_async.types.verification import ScoreRequest

PROMPTS = (36, 632)
DEPTH = 10
IN_FLIGHT = 32
STRATEGY = DVTS(n=16, beam_width=CHOICES, max_steps=DEPTH)
SLOW = ("openai_httpx", "openai_aiohttp")  # an eighth of the expansions says enough
PER_PROBLEM = STRATEGY.n // CHOICES * DEPTH

Ask = Callable[[GenerationRequest], Awaitable[Any]]
Subject = Callable[[Sequence[Problem]], Awaitable[None]]


def problems(tokens: int, count: int, name: str) -> list[Problem]:
    """Different problems of so many tokens: the server sees one in every space."""
    return [Problem(f"{name}{number}" + " word" * tokens) for number in range(count)]


def expansions(problem: Problem) -> Iterator[GenerationRequest]:
    """What the strategy asks for one problem: paths of every depth."""
    for number in range(PER_PROBLEM):
        depth = number % DEPTH
        yield GenerationRequest(
            problem=problem,
            system_prompt=None,
            steps=(STEP,) * depth,
            token_ids=tuple(IDS[: depth * TOKENS]),
            n=CHOICES,
            stop="\n\n",
            sampling=Sampling(),
            seed=number,
        )


def as_completion(request: GenerationRequest) -> dict[str, Any]:
    """The body that a script would send, for the same path."""
    prompt = [*IDS[: request.problem.text.count(" ")], *request.token_ids]
    body: dict[str, Any] = {"model": "null", "prompt": prompt, "n": request.n, "stop": ["\n\n"]}
    return body | {"max_tokens": 2048, "temperature": 0.8, "seed": request.seed}


async def run_all(requests: Sequence[GenerationRequest], ask: Ask) -> None:
    """Ask everything, ``IN_FLIGHT`` at a time."""
    left = iter(requests)

    async def work() -> None:
        for request in left:
            await ask(request)

    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))


def one_by_one(ask: Ask) -> Subject:
    """A subject that is asked for expansions directly."""

    async def run(asked: Sequence[Problem]) -> None:
        await run_all([request for problem in asked for request in expansions(problem)], ask)

    return run


class InstantGenerator:
    """Has every continuation at hand."""

    capacity = 256

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """The same for all."""
        if request.stop is None:
            return [Step(ANSWER, "stop", TOKENS, tuple(IDS[: TOKENS - 1]))] * request.n
        return [Step(STEP, "step", TOKENS, tuple(IDS[:TOKENS]))] * request.n


class InstantVerifier:
    """Likes every step."""

    capacity = 256

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """The same for all."""
        return [[0.9] * len(request.steps) for request in requests]


async def open_subjects(url: str, stack: AsyncExitStack) -> dict[str, Subject]:
    """Everything that is compared, ready to be asked."""
    session = await stack.enter_async_context(aiohttp.ClientSession())

    async def post(request: GenerationRequest) -> Any:
        async with session.post(f"{url}/completions", json=as_completion(request)) as response:
            return await response.json()

    def create(client: AsyncOpenAI) -> Ask:
        return lambda request: client.completions.create(**as_completion(request))

    access: dict[str, Any] = {"base_url": url, "api_key": "none"}
    over_httpx = await stack.enter_async_context(AsyncOpenAI(**access))
    over_aiohttp = await stack.enter_async_context(
        AsyncOpenAI(**access, http_client=DefaultAioHttpClient())
    )

    def cast(request: GenerationRequest) -> Awaitable[Any]:
        return over_aiohttp.post("/completions", cast_to=object, body=as_completion(request))

    vllm = await stack.enter_async_context(VLLMGenerator(url))
    chat = await stack.enter_async_context(OpenAIGenerator(url))

    def whole_answers(request: GenerationRequest) -> Awaitable[Any]:
        return chat.generate(replace(request, steps=(), token_ids=(), stop=None))

    async def search_with(generator: Generator) -> Subject:
        solver = Solver(
            generator=generator,
            verifier=InstantVerifier(),
            strategy=STRATEGY,
            system_prompt=None,
            max_in_flight=IN_FLIGHT // (STRATEGY.n // CHOICES),
        )
        await stack.enter_async_context(solver)

        async def search(asked: Sequence[Problem]) -> None:
            async for result in solver.solve_many(asked):
                assert result.answer == "42"
                assert result.spend.expansions == PER_PROBLEM

        return search

    return {
        "aiohttp": one_by_one(post),
        "openai_httpx": one_by_one(create(over_httpx)),
        "openai_aiohttp": one_by_one(create(over_aiohttp)),
        "openai_post": one_by_one(cast),
        "vllm_generator": one_by_one(vllm.generate),
        "openai_generator": one_by_one(whole_answers),
        "engine": await search_with(InstantGenerator()),
        "vllm": await search_with(VLLMGenerator(url)),
    }


async def cpu_per_expansion(subject: Subject, asked: Sequence[Problem]) -> float:
    """Microseconds of this process."""
    gc.collect()  # what the others left behind
    start = time.process_time()
    await subject(asked)
    return (time.process_time() - start) / (len(asked) * PER_PROBLEM) * 1e6


async def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark."""
    rounds, count = (5, 8) if quick else (15, 16)
    taken: dict[int, dict[str, list[float]]] = {tokens: {} for tokens in PROMPTS}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(null_server())
        subjects = await open_subjects(url, stack)
        for number in range(rounds + 1):
            for tokens, name in product(PROMPTS, subjects):
                share = count // 8 if name in SLOW else count
                asked = problems(tokens, share, f"{number}.")
                cost = await cpu_per_expansion(subjects[name], asked)
                if number > 0:  # the first round warms up
                    taken[tokens].setdefault(name, []).append(cost)
    figures: dict[str, Any] = {"rounds": rounds, "expansions_per_round": count * PER_PROBLEM}
    for tokens, costs in taken.items():
        for name, values in costs.items():
            suffix = "" if tokens == PROMPTS[0] else f"_at_{tokens}_tokens"
            figures[f"{name}_us_per_expansion{suffix}"] = round(median(values))
    return figures | {"load_average": os.getloadavg()[0]}


if __name__ == "__main__":
    print_figures(measure, __doc__, "fewer rounds of fewer expansions")
