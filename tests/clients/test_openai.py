"""OpenAI's own client against the gateway as a process: whole, streamed, at once, and wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from tests.clients.gateway_process import GatewayProcess

PROBLEM: ChatCompletionMessageParam = {"role": "user", "content": "4+((8*33)+53)"}


class Answer(BaseModel):
    """A format that a vote cannot be held on."""

    value: int


@pytest.fixture
def client(gateway: GatewayProcess) -> Iterator[openai.OpenAI]:
    """The blocking one; it refuses what does not have the types that OpenAI documents."""
    with openai.OpenAI(
        base_url=gateway.base_url,
        api_key=gateway.api_key,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
async def async_client(gateway: GatewayProcess) -> AsyncIterator[openai.AsyncOpenAI]:
    """The other one."""
    async with openai.AsyncOpenAI(
        base_url=gateway.base_url, api_key=gateway.api_key, max_retries=0
    ) as client:
        yield client


def test_the_environment_is_enough(
    gateway: GatewayProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program is moved to the gateway without a change in it."""
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    with openai.OpenAI() as client:
        assert "dvts-16" in [model.id for model in client.models.list()]


def test_a_search_says_what_it_cost(client: openai.OpenAI) -> None:
    """The usage adds up, and the extension tells of the whole search."""
    completion = client.chat.completions.create(model="dvts-8", messages=[PROBLEM], seed=7)
    [choice] = completion.choices
    usage, tts = completion.usage, (completion.model_extra or {})["tts"]
    assert choice.finish_reason == "stop"
    assert choice.message.content is not None
    assert f"boxed{{{tts['answer']}}}" in choice.message.content
    assert usage is not None
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens == tts["spend"]["tokens"] + tts["spend"]["wasted_tokens"]
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert 0 < (usage.completion_tokens_details.reasoning_tokens or 0) < usage.completion_tokens
    assert sum(group["count"] for group in tts["votes"]) <= 8


def test_a_stream_tells_the_same_as_a_whole_answer(client: openai.OpenAI) -> None:
    """First who speaks, then progress, then the text, then why it ended, then the usage."""
    ask: dict[str, Any] = {"model": "dvts-16", "messages": [PROBLEM], "seed": 7}
    whole = client.chat.completions.create(**ask)
    chunks = list(
        client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True})
    )
    *told, last = chunks
    deltas = [chunk.choices[0].delta for chunk in told]
    assert deltas[0].role == "assistant"
    thoughts = [i for i, delta in enumerate(deltas) if getattr(delta, "reasoning_content", None)]
    words = [i for i, delta in enumerate(deltas) if delta.content]
    assert thoughts
    assert max(thoughts) < min(words)
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    reasons = [chunk.choices[0].finish_reason for chunk in told]
    assert reasons == [None] * (len(told) - 1) + ["stop"]
    assert (told[-1].model_extra or {})["tts"]["answer"] == "321"
    assert last.choices == []
    assert last.usage == whole.usage
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_the_client_s_own_accumulator_understands_the_stream(client: openai.OpenAI) -> None:
    """``chat.completions.stream`` checks the order of chunks and puts them together."""
    with client.chat.completions.stream(model="beam-4", messages=[PROBLEM], seed=7) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= set(kinds)
    assert "boxed" in (completion.choices[0].message.content or "")


def test_several_choices_are_different_answers(client: openai.OpenAI) -> None:
    """Best first; fewer where the candidates agree."""
    completion = client.chat.completions.create(
        model="majority-16", messages=[PROBLEM], seed=7, n=3
    )
    texts = [choice.message.content for choice in completion.choices]
    assert [choice.index for choice in completion.choices] == list(range(len(texts)))
    assert 1 < len(set(texts)) == len(texts) <= 3


def test_a_conversation_of_every_kind_of_message(client: openai.OpenAI) -> None:
    """Instructions, earlier turns, content in parts, and fields that nobody asked for."""
    completion = client.chat.completions.create(
        model="greedy",
        messages=[
            {"role": "developer", "content": "You are a calculator."},
            {"role": "user", "content": "1+1", "name": "somebody"},
            {"role": "assistant", "content": [{"type": "text", "text": "\\boxed{2}"}]},
            {"role": "user", "content": [{"type": "text", "text": "17+4"}]},
        ],
        user="somebody",
        store=False,
        service_tier="auto",
        metadata={"run": "1"},
        extra_headers={"OpenAI-Organization": "nobody"},
    )
    assert completion.choices[0].message.role == "assistant"


async def test_many_at_once(async_client: openai.AsyncOpenAI) -> None:
    """Whole and streamed, side by side: everyone gets the answer to their own question."""

    async def whole(number: int) -> tuple[int, str]:
        completion = await async_client.chat.completions.create(
            model="beam-4", messages=[{"role": "user", "content": f"{number}+4"}], seed=7
        )
        return number, completion.choices[0].message.content or ""

    async def streamed(number: int) -> tuple[int, str]:
        stream = await async_client.chat.completions.create(
            model="beam-4",
            messages=[{"role": "user", "content": f"{number}+4"}],
            seed=7,
            stream=True,
        )
        return number, "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    numbers = range(10, 22)
    found = await asyncio.gather(*map(whole, numbers), *map(streamed, numbers))
    for number, text in found:
        assert text.startswith(f"## Step 1: {number}+4 = ")


async def test_whoever_has_heard_enough_can_leave(async_client: openai.AsyncOpenAI) -> None:
    """By leaving the stream or by a time-out; the next one is served all the same."""
    stream = await async_client.chat.completions.create(
        model="dvts-64", messages=[PROBLEM], stream=True
    )
    async with stream:
        async for _ in stream:
            break
    hasty = async_client.with_options(timeout=0.05)
    with pytest.raises(openai.APITimeoutError):
        await hasty.chat.completions.create(model="majority-256", messages=[PROBLEM])
    completion = await async_client.chat.completions.create(model="greedy", messages=[PROBLEM])
    assert completion.choices


@pytest.mark.parametrize(
    ("wrong", "kind", "code", "param"),
    [
        ({"model": "gpt-5"}, openai.NotFoundError, "model_not_found", "model"),
        ({"n": 0}, openai.BadRequestError, "invalid_value", "n"),
        (
            {"tools": [{"type": "function"}]},
            openai.BadRequestError,
            "unsupported_parameter",
            "tools",
        ),
        ({"logprobs": True}, openai.BadRequestError, "unsupported_parameter", "logprobs"),
        ({"extra_body": {"tts": {"m": 1}}}, openai.BadRequestError, "unknown_parameter", "tts"),
        ({"messages": []}, openai.BadRequestError, "invalid_value", "messages"),
    ],
)
def test_what_cannot_be_had_is_an_exception_that_names_the_field(
    client: openai.OpenAI,
    wrong: dict[str, Any],
    kind: type[openai.APIStatusError],
    code: str,
    param: str,
) -> None:
    """Of the kind that the client has for the status, with OpenAI's fields."""
    ask: dict[str, Any] = {"model": "greedy", "messages": [PROBLEM]} | wrong
    for stream in (False, True):
        with pytest.raises(kind) as caught:
            client.chat.completions.create(**ask, stream=stream)
        assert caught.value.code == code
        assert (caught.value.param or "").startswith(param)
        assert caught.value.type == "invalid_request_error"


@pytest.mark.parametrize("stream", [False, True])
def test_a_wrong_key_is_an_exception_of_its_own(client: openai.OpenAI, stream: bool) -> None:
    """Before anything else is looked at, and without the key in it."""
    wrong = client.with_options(api_key="sk-of-somebody-else")
    with pytest.raises(openai.AuthenticationError) as caught:
        wrong.chat.completions.create(model="nothing", messages=[PROBLEM], stream=stream)
    assert caught.value.code == "invalid_api_key"
    assert "sk-of" not in str(caught.value)


def test_a_format_is_refused_and_not_ignored(client: openai.OpenAI) -> None:
    """``parse`` would otherwise fail later, on a text that is no JSON."""
    with pytest.raises(openai.BadRequestError, match="response_format: not supported here"):
        client.chat.completions.parse(model="greedy", messages=[PROBLEM], response_format=Answer)


def test_an_endpoint_that_is_not_there(client: openai.OpenAI) -> None:
    """Other parts of OpenAI's API are no part of this one."""
    with pytest.raises(openai.NotFoundError, match="POST /v1/embeddings is not here"):
        client.embeddings.create(model="greedy", input="1+1")
