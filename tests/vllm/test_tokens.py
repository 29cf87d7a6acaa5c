"""Text, ids and counts of whole searches agree with the server's own word."""

import asyncio
import hashlib
from collections.abc import Sequence

import aiohttp

from tests.vllm.outcomes import Record, easy_problems, embedded_solver, solve_all
from tests.vllm.relay import Relay
from tests.vllm.servers import CAPACITY, MODEL, VLLMServer, eventually
from tts_async.generation import VLLMGenerator
from tts_async.solver import Solver
from tts_async.strategies import DVTS, BeamSearch
from tts_async.types.generation import Sampling
from tts_async.types.problem import Problem
from tts_async.types.result import Result


async def texts_of(server: VLLMServer, ids: Sequence[Sequence[int]]) -> list[str]:
    """What the server makes of so many lists of ids."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=8)) as session:

        async def ask(tokens: Sequence[int]) -> str:
            body = {"model": MODEL, "tokens": list(tokens)}
            url = f"{server.base_url}/detokenize"
            async with session.post(url, json=body) as response:
                text: str = (await response.json())["prompt"]
                return text

        return await asyncio.gather(*map(ask, ids))


async def assert_exact(server: VLLMServer, results: list[Result], relay: Relay) -> None:
    """Each node's ids say its text, and every prompt continues one node by exactly its ids."""
    nodes = [node for result in results for node in result.tree]
    assert [node.text for node in nodes] == await texts_of(server, [n.token_ids for n in nodes])
    starts = relay.starts()
    assert len(starts) == len(results)
    paths = {
        tuple(token for above in node.lineage() for token in above.token_ids) for node in nodes
    }
    for body in relay.asked:
        [start] = [s for s in starts if tuple(body["prompt"][: len(s)]) == s]
        continued = tuple(body["prompt"][len(start) :])
        assert not continued or continued in paths


async def assert_counted(server: VLLMServer, before: float, results: list[Result]) -> None:
    """What the searches say they spent is what the server generated."""
    spent = sum(result.spend.tokens for result in results)
    assert spent == sum(node.tokens for result in results for node in result.tree)

    async def is_counted() -> bool:
        return await server.metric("generation_tokens_total") - before >= spent

    await eventually(is_counted)
    await server.until_idle()
    assert await server.metric("generation_tokens_total") - before == spent


async def test_a_search_is_exact(server: VLLMServer) -> None:
    """Texts, ids and counts of beam search on the embedded model."""
    await server.until_idle()
    before = await server.metric("generation_tokens_total")
    async with Relay(server.base_url) as relay:
        async with embedded_solver(VLLMGenerator(relay.base_url, capacity=CAPACITY)) as solver:
            results = await solve_all(solver, easy_problems(3), BeamSearch(n=8))
        await assert_counted(server, before, results)
        await assert_exact(server, results, relay)


async def test_steps_that_end_inside_a_token(merging: VLLMServer, record_property: Record) -> None:
    """Where a token goes on after the delimiter, the ids are those of the text instead.

    What the server sampled says more than the text there, which is checked too: a model without
    such tokens would show nothing.
    """
    await merging.until_idle()
    before = await merging.metric("generation_tokens_total")
    problems = [Problem(f"what is {i} + {i}?", id=f"p{i}") for i in range(4)]
    async with Relay(merging.base_url) as relay:
        async with Solver(
            generator=VLLMGenerator(relay.base_url, capacity=CAPACITY),
            verifier=stable_score,
            sampling=Sampling(temperature=1.0, max_tokens=300),
            system_prompt=None,
        ) as solver:
            results = await solve_all(solver, problems, DVTS(n=16, max_steps=8))
        assert [result.error for result in results] == [None] * len(problems)
        await assert_counted(merging, before, results)
        await assert_exact(merging, results, relay)
    sampled = [choice for answer in relay.answered for choice in answer["choices"]]
    steps = [choice for choice in sampled if choice["stop_reason"] == "\n\n"]
    said = await texts_of(merging, [choice["token_ids"] for choice in steps])
    inside = sum(text != choice["text"] for text, choice in zip(said, steps, strict=True))
    record_property("steps that end inside a token", f"{inside} of {len(steps)}")
    assert inside > 20
    assert len(steps) - inside > 20


def stable_score(_problem: Problem, steps: Sequence[str]) -> list[float]:
    """Any number in [0, 1] that depends on the step alone."""
    return [hashlib.blake2b(step.encode(), digest_size=1).digest()[0] / 255 for step in steps]
