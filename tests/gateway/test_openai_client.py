"""The shapes, as OpenAI's own client reads them; it checks every field that it knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openai
import pytest

from tests.gateway.served import boxed, random_trees, scripted, serving
from tts_async import Solver
from tts_async.errors import GeneratorUnavailable
from tts_async.testing import ScriptedGenerator


@asynccontextmanager
async def client(solver: Solver) -> AsyncIterator[openai.AsyncOpenAI]:
    """A client of a gateway before this solver."""
    async with (
        serving(solver, progress_seconds=0) as gateway,
        openai.AsyncOpenAI(
            base_url=gateway.url,
            api_key="none",
            max_retries=0,
            _strict_response_validation=True,
        ) as found,
    ):
        yield found


async def test_completion() -> None:
    """Typed, with the extension among the extra fields; ``extra_body`` arrives at the top."""
    async with client(scripted(boxed("7"), boxed("8"))) as ask:
        reply = await ask.chat.completions.create(
            model="majority-2",
            messages=[{"role": "user", "content": "1 + 1"}],
            n=2,
            stop=["\n\n\n"],
            extra_body={"tts": {"early_stop": False, "candidates": True}},
        )
    assert [choice.message.content for choice in reply.choices] == [boxed("7"), boxed("8")]
    assert reply.usage is not None
    assert reply.usage.completion_tokens_details is not None
    assert reply.model_extra is not None
    assert reply.model_extra["tts"]["answer"] == "7"
    assert len(reply.model_extra["tts"]["candidates"]) == 2


async def test_stream() -> None:
    """Chunk by chunk; the last one has the usage."""
    async with client(random_trees(delay=0.01)) as ask:
        stream = await ask.chat.completions.create(
            model="beam-4",
            messages=[{"role": "user", "content": "1 + 1"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.endswith("}$")
    thoughts = [c.choices[0].delta.model_extra or {} for c in chunks if c.choices]
    assert any("reasoning_content" in thought for thought in thoughts)
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0


async def test_models() -> None:
    """Listed and looked up."""
    async with client(random_trees()) as ask:
        names = [model.id async for model in ask.models.list()]
        assert "dvts-64" in names
        assert (await ask.models.retrieve("dvts-8")).id == "dvts-8"


async def test_errors_are_what_the_client_expects() -> None:
    """Each status is an exception of its own, with code and parameter."""
    messages: list[object] = [{"role": "user", "content": "1 + 1"}]
    async with client(scripted(GeneratorUnavailable("away"))) as ask:
        create = ask.chat.completions.create
        with pytest.raises(openai.NotFoundError, match="there is no 'gpt-5'"):
            await create(model="gpt-5", messages=messages)  # type: ignore[call-overload]
        with pytest.raises(openai.BadRequestError) as caught:
            await create(model="greedy", messages=messages, n=99)  # type: ignore[call-overload]
        assert (caught.value.param, caught.value.code) == ("n", "value_above_limit")
        with pytest.raises(openai.InternalServerError, match="try again later"):
            await create(model="greedy", messages=messages)  # type: ignore[call-overload]


async def test_an_error_in_a_stream_is_raised() -> None:
    """Not taken for an answer that ended early."""
    generator = ScriptedGenerator({"": [GeneratorUnavailable("away")]}, delay=0.0)

    async def late() -> None:
        async with client(Solver(generator=generator)) as ask:
            stream = await ask.chat.completions.create(
                model="greedy", messages=[{"role": "user", "content": "x"}], stream=True
            )
            async for _ in stream:
                pass

    with pytest.raises(openai.InternalServerError):
        await late()
