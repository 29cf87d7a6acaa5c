"""What every ``Generator`` must show, on real servers."""

from collections.abc import AsyncIterator

import pytest

from tests.generation.wire_suite import STEPS, TOKEN_IDS, WHOLE_ANSWERS, Check, Subject, name
from tests.vllm.servers import CAPACITY, VLLMServer
from tts_async.generation import OpenAIGenerator, VLLMGenerator


def subject_on(server: VLLMServer, generator: object) -> Subject:
    """A generator whose work can be seen at its server."""

    async def count_busy() -> int:
        return int(await server.requests_in_hand())

    return Subject(generator, count_busy)  # type: ignore[arg-type]


@pytest.fixture
async def by_ids(server: VLLMServer) -> AsyncIterator[Subject]:
    """``VLLMGenerator``."""
    async with VLLMGenerator(server.base_url, capacity=CAPACITY) as generator:
        yield subject_on(server, generator)


@pytest.fixture
async def by_chat(server: VLLMServer) -> AsyncIterator[Subject]:
    """``OpenAIGenerator`` on the same server, which can continue its own messages."""
    async with OpenAIGenerator(
        server.base_url, capacity=CAPACITY, continue_final_message=True
    ) as generator:
        yield subject_on(server, generator)


@pytest.mark.parametrize("check", [*WHOLE_ANSWERS, *STEPS, *TOKEN_IDS], ids=name)
async def test_by_token_ids(check: Check, by_ids: Subject) -> None:
    """Every check there is."""
    await check(by_ids)


@pytest.mark.parametrize("check", [*WHOLE_ANSWERS, *STEPS], ids=name)
async def test_by_chat(check: Check, by_chat: Subject) -> None:
    """All but the ids, which the chat API does not have."""
    await check(by_chat)
