"""Search on a real server is as accurate as search on the embedded engine.

Both run the same weights, so for each strategy the shares of right answers differ by chance alone.
"""

from typing import Any

import pytest

from tests.vllm.outcomes import Record, easy_problems, embedded_solver, solve_all
from tests.vllm.servers import CAPACITY, VLLMServer
from tts_async.concurrency import gather
from tts_async.embedded import GENERATOR_PATH
from tts_async.generation import LocalGenerator, VLLMGenerator
from tts_async.strategies import DVTS, BeamSearch, BestOfN, Majority
from tts_async.types.problem import Problem

COUNT = 100
Z = 2.576  # 99 %, two-sided


def some_problems() -> list[Problem]:
    """The two easiest levels in equal parts, whose answers are short."""
    return easy_problems(COUNT // 2, level=1) + easy_problems(COUNT // 2, level=2)


async def count_right(generator: Any, strategy: Any) -> int:
    """So many of the problems get the right answer."""
    async with embedded_solver(generator) as solver:
        results = await solve_all(solver, some_problems(), strategy)
    assert [result.error for result in results] == [None] * COUNT
    return sum(result.answer == result.problem.answer for result in results)


def interval(first: int, second: int) -> tuple[float, float]:
    """99 % interval for the difference of two shares, after Agresti and Caffo (2000)."""
    count = COUNT + 2
    p, q = (first + 1) / count, (second + 1) / count
    half = Z * ((p * (1 - p) + q * (1 - q)) / count) ** 0.5
    return p - q - half, p - q + half


@pytest.mark.parametrize(
    "strategy", [Majority(n=16), BestOfN(n=16), BeamSearch(n=16), DVTS(n=16)], ids=repr
)
async def test_as_accurate_as_the_embedded_engine(
    server: VLLMServer, strategy: Any, record_property: Record
) -> None:
    """The 99 % interval of the difference contains zero."""
    on_vllm, on_local = await gather(
        count_right(VLLMGenerator(server.base_url, capacity=CAPACITY), strategy),
        count_right(LocalGenerator(GENERATOR_PATH), strategy),
    )
    low, high = interval(on_vllm, on_local)
    figures = {
        "strategy": repr(strategy),
        "problems": COUNT,
        "right_on_vllm": on_vllm,
        "right_on_local": on_local,
        "difference": (on_vllm - on_local) / COUNT,
        "interval_99": [round(low, 4), round(high, 4)],
    }
    record_property("accuracy", figures)
    assert low <= 0.0 <= high
    assert on_local > COUNT // 4
