"""The server's prefix cache hits for every block that a search sends again."""

import uuid

from tests.vllm.outcomes import Record, easy_problems, embedded_solver, solve_all
from tests.vllm.relay import Relay
from tests.vllm.servers import BLOCK, CAPACITY, VLLMServer, eventually
from tts_async.generation import VLLMGenerator
from tts_async.strategies import DVTS


def full_blocks(tokens: int) -> int:
    """Tokens that the cache can give of so many: whole blocks, and never the last token."""
    return (tokens - 1) // BLOCK * BLOCK


async def test_every_known_block_is_hit(server: VLLMServer, record_property: Record) -> None:
    """Queries and hits over a DVTS search are those that its requests ask for.

    A child is asked for with the prompt and its parent's path, which were computed when the parent
    was: all their full blocks hit. At the root only the first sequence of each problem misses. A
    few blocks less are allowed: two requests for the same prefix may be computed side by side.
    """
    assert await server.label("cache_config_info", "block_size") == str(BLOCK)
    await server.until_idle()
    asked_before = await server.metric("prefix_cache_queries_total")
    hit_before = await server.metric("prefix_cache_hits_total")
    salt = uuid.uuid4().hex  # nothing that an earlier test left in the cache is ours
    async with Relay(server.base_url) as relay:
        generator = VLLMGenerator(relay.base_url, capacity=CAPACITY, cache_salt=salt)
        async with embedded_solver(generator) as solver:
            await solve_all(solver, easy_problems(4), DVTS(n=16))

    lengths = [len(body["prompt"]) for body in relay.asked for _ in range(body["n"])]
    known = sum(map(full_blocks, lengths)) - sum(full_blocks(len(s)) for s in relay.starts())

    async def is_counted() -> bool:
        asked = await server.metric("prefix_cache_queries_total") - asked_before
        return asked >= sum(lengths)

    await eventually(is_counted)
    await server.until_idle()
    asked = await server.metric("prefix_cache_queries_total") - asked_before
    hit = await server.metric("prefix_cache_hits_total") - hit_before
    figures = {"queried": asked, "hit": hit, "known": known, "block_size": BLOCK}
    record_property("prefix cache, tokens", figures)
    assert asked == sum(lengths)
    assert 0.9 * known <= hit <= known
    assert known > 1000
