"""The contract of ``Generator``, kept by every generator of the package."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.generation.fake_server import OPENAI, VLLM, FakeServer, write_answer
from tests.generation.wire_suite import (
    DOOMED,
    LOGPROBS,
    STEPS,
    TOKEN_IDS,
    WHOLE_ANSWERS,
    Check,
    Subject,
    name,
)
from tts_async.generation import (
    LocalGenerator,
    OpenAIGenerator,
    ReplicatedGenerator,
    VLLMGenerator,
)
from tts_async.testing import FaultProxy, ProxiedRequest, faults

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMBEDDED = Path(__file__).parents[2] / "tts_async" / "embedded" / "generator"

BY_IDS = ["local", "vllm", "replicas"]
STEPWISE = [*BY_IDS, "openai that continues"]
EVERY = [*STEPWISE, "openai"]


def never_answer_the_doomed(request: ProxiedRequest) -> faults.Fault | None:
    """So that nothing but cancelling ends them."""
    asked = json.loads(request.body).get("n") if request.body else None
    return faults.Delay(3600) if asked == DOOMED else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """An open generator of the wanted kind."""
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield await local(stack)
        else:
            yield await served(stack, request.param)


async def local(stack: AsyncExitStack) -> Subject:
    """The embedded model in a child process."""
    generator = await stack.enter_async_context(LocalGenerator(EMBEDDED, capacity=32))

    async def count_busy() -> int:
        statistics = await generator.statistics()
        return statistics.running + statistics.waiting

    return Subject(generator, count_busy)


async def served(stack: AsyncExitStack, kind: str) -> Subject:
    """A generator on a fake server, or on two ways to it; busy is what is still being answered."""
    server = FakeServer(write_answer, extras=OPENAI if kind == "openai" else VLLM)
    await stack.enter_async_context(server)
    proxies = [FaultProxy(server.base_url, faults=never_answer_the_doomed) for _ in range(2)]
    for proxy in proxies:
        await stack.enter_async_context(proxy)
    first, second = (proxy.base_url for proxy in proxies)
    generators = {
        "vllm": lambda: VLLMGenerator(first, capacity=32),
        "replicas": lambda: ReplicatedGenerator([VLLMGenerator(first), VLLMGenerator(second)]),
        "openai": lambda: OpenAIGenerator(first),
        "openai that continues": lambda: OpenAIGenerator(first, continue_final_message=True),
    }
    generator = await stack.enter_async_context(generators[kind]())

    async def count_busy() -> int:
        return sum(proxy.running for proxy in proxies)

    return Subject(generator, count_busy)


@pytest.mark.parametrize("check", [*WHOLE_ANSWERS, *LOGPROBS], ids=name)
@pytest.mark.parametrize("subject", EVERY, indirect=True)
async def test_whole_answers(subject: Subject, check: Check) -> None:
    """What the name of the check says."""
    await check(subject)


@pytest.mark.parametrize("check", STEPS, ids=name)
@pytest.mark.parametrize("subject", STEPWISE, indirect=True)
async def test_steps(subject: Subject, check: Check) -> None:
    """The same for those that can continue a path."""
    await check(subject)


@pytest.mark.parametrize("check", TOKEN_IDS, ids=name)
@pytest.mark.parametrize("subject", BY_IDS, indirect=True)
async def test_token_ids(subject: Subject, check: Check) -> None:
    """And for those that know the ids of what they wrote."""
    await check(subject)
