"""A server that takes few requests at a time is waited for, and changes nothing."""

import pytest

from tests.vllm.outcomes import (
    Record,
    assert_same,
    easy_problems,
    embedded_solver,
    solve_all,
    solve_undisturbed,
)
from tests.vllm.relay import Relay
from tests.vllm.servers import VLLMServer
from tts_async.generation import RetryPolicy, VLLMGenerator
from tts_async.strategies import DVTS

PATIENT = RetryPolicy(attempts=1000, seconds=300.0, first_wait=0.02, longest_wait=0.2)


@pytest.mark.parametrize("retry_after", [None, "0.1", "1"])
async def test_everything_finishes(
    server: VLLMServer, retry_after: str | None, record_property: Record
) -> None:
    """Four requests at a time and 429 for the rest: every problem ends, with the same tree.

    Refusals are counted as overloads, one by one.
    """
    problems, strategy = easy_problems(6), DVTS(n=16)
    async with Relay(server.base_url, limit=4, retry_after=retry_after) as relay:
        generator = VLLMGenerator(relay.base_url, capacity=64, retry=PATIENT)
        async with embedded_solver(generator) as solver:
            results = await solve_all(solver, problems, strategy)
        counts = generator.statistics()
    assert_same(results, await solve_undisturbed(server.base_url, problems, strategy))
    record_property(f"refusals with Retry-After {retry_after}", relay.refused)
    assert relay.refused > 10
    assert counts.overloads == counts.retries == relay.refused
    assert counts.in_flight == 0
