"""From messages to a problem and what came before it."""

from typing import Any

import msgspec
import pytest

from tts_async.gateway import GatewayError
from tts_async.gateway.conversation import read_conversation
from tts_async.gateway.schema import ChatMessage
from tts_async.types.problem import Message

INSTRUCTIONS = "Box the answer."
ASK = {"role": "user", "content": "1 + 1"}


def read(
    *messages: dict[str, Any], instructions: str | None = INSTRUCTIONS
) -> tuple[str, tuple[Message, ...]]:
    """The conversation in these messages."""
    return read_conversation(msgspec.convert(messages, list[ChatMessage]), instructions)


def test_the_last_message_is_the_problem() -> None:
    """And the ones before it are its history."""
    turns = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert read(*turns, ASK) == ("1 + 1", tuple(turns))
    assert read(ASK) == ("1 + 1", ())


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_system_prompt_keeps_the_instructions(role: str) -> None:
    """Without them there would be no answers to vote on."""
    mine = {"role": role, "content": "Be brief."}
    expected = {"role": "system", "content": "Be brief.\n\nBox the answer."}
    assert read(mine, ASK) == ("1 + 1", (expected,))
    assert read(mine, ASK, instructions=None)[1] == ({"role": "system", "content": "Be brief."},)


def test_several_system_prompts() -> None:
    """The last one says how to answer."""
    first, second = {"role": "system", "content": "a"}, {"role": "developer", "content": "b"}
    contents = [turn["content"] for turn in read(first, second, ASK)[1]]
    assert contents == ["a", "b\n\nBox the answer."]


def test_text_parts() -> None:
    """A line each."""
    parts = [{"type": "text", "text": "What is"}, {"type": "text", "text": "1 + 1?"}]
    assert read({"role": "user", "content": parts})[0] == "What is\n1 + 1?"


@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([{"role": "assistant", "content": "2"}], "messages[0].role"),
        ([ASK, {"role": "assistant", "content": "2"}], "messages[1].role"),
        ([ASK, {"role": "system", "content": "2"}], "messages[1].role"),
        ([{"role": "tool", "content": "2"}, ASK], "messages[0].role"),
        ([{"role": "critic", "content": "2"}, ASK], "messages[0].role"),
        ([{"role": "user", "content": " \n"}], "messages[0].content"),
        ([{"role": "user", "content": []}], "messages[0].content"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "assistant", "content": None}, ASK], "messages[0].content"),
        (
            [{"role": "assistant", "content": None, "tool_calls": [{"id": "x"}]}, ASK],
            "messages[0].tool_calls",
        ),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            "messages[0].content[0].type",
        ),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0].text"),
    ],
)
def test_what_cannot_be_solved(messages: list[Any], param: str) -> None:
    """Refused, and its place is named."""
    with pytest.raises(GatewayError) as caught:
        read(*messages)
    assert (caught.value.status, caught.value.param) == (400, param)
    assert caught.value.message.startswith(param)
