"""What does not fit into the model's context, by our own count and by the server's."""

from dataclasses import replace

import pytest

from tests.generation.fake_server import expansion
from tests.vllm.relay import Relay
from tests.vllm.servers import VLLMServer
from tts_async.errors import PromptTooLong
from tts_async.generation import OpenAIGenerator, VLLMGenerator

CONTEXT = 512


def long_problem(tokens: int) -> str:
    """A text of so many tokens: the embedded models read most characters one by one."""
    return "1" * tokens


async def test_a_prompt_that_cannot_fit_is_not_sent(server: VLLMServer) -> None:
    """The error names both numbers; three tokens are the template's."""
    async with Relay(server.base_url) as relay, VLLMGenerator(relay.base_url) as generator:
        assert generator.context_length == CONTEXT
        with pytest.raises(PromptTooLong, match=rf"{CONTEXT + 3} tokens.*has {CONTEXT}"):
            await generator.generate(expansion(long_problem(CONTEXT)))
        assert relay.asked == []


async def test_what_is_left_of_the_context_is_used(server: VLLMServer) -> None:
    """To the last token, and the answer is marked as cut off."""
    async with VLLMGenerator(server.base_url) as generator:
        request = expansion(long_problem(CONTEXT - 3 - 2), stop=None, max_tokens=100, n=2)
        steps = await generator.generate(request)
    assert all(step.finish == "stop" or step.tokens == 2 for step in steps)
    assert any(step.finish == "length" for step in steps)


async def test_the_servers_own_word(server: VLLMServer) -> None:
    """Where our count is missing, the server's refusal is the same error: no retry, its words.

    And only its words: the text reaches the callers of our own gateway, who are not told where
    the model server lives.
    """
    too_long = rf"maximum context length is {CONTEXT}"
    problem = long_problem(CONTEXT)
    async with VLLMGenerator(server.base_url) as generator:
        assert generator._served is not None
        generator._served = replace(generator._served, context_length=None)
        with pytest.raises(PromptTooLong, match=too_long) as refusal:
            await generator.generate(expansion(problem))
        assert server.base_url not in str(refusal.value)
        assert generator.statistics().retries == 0
    async with OpenAIGenerator(server.base_url) as other:
        with pytest.raises(PromptTooLong, match=too_long):
            await other.generate(expansion(problem, stop=None))
