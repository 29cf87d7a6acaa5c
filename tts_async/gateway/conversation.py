"""From the messages of a request to the problem that is asked and what came before it."""

from collections.abc import Sequence
from typing import Final

from tts_async.gateway.errors import GatewayError
from tts_async.gateway.schema import ChatMessage
from tts_async.types.problem import Message, Role

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",  # what OpenAI calls it for its newer models
    "user": "user",
    "assistant": "assistant",
}


def read_conversation(
    messages: Sequence[ChatMessage], instructions: str | None
) -> tuple[str, tuple[Message, ...]]:
    """The last message, which is the problem, and the turns before it.

    ``instructions`` say how to write an answer that can be voted on. They stand in for a system
    prompt where there is none (the solver sees to that), and are added to one that there is.
    Raises ``GatewayError``.
    """
    turns = [_read_message(message, f"messages[{i}]") for i, message in enumerate(messages)]
    place = f"messages[{len(turns) - 1}]"
    if turns[-1]["role"] != "user":
        raise _wrong(f"{place}.role", "the last message must be the user's: it is what is solved")
    text = turns.pop()["content"]
    if not text.strip():
        raise _wrong(f"{place}.content", "it is empty; write the question to solve")
    systems = [i for i, turn in enumerate(turns) if turn["role"] == "system"]
    if systems and instructions:
        last = systems[-1]
        together = f"{turns[last]['content']}\n\n{instructions}"
        turns[last] = Message(role="system", content=together)
    return text, tuple(turns)


def _read_message(message: ChatMessage, place: str) -> Message:
    role = _ROLES.get(message.role)
    if role is None:
        raise _wrong(
            f"{place}.role",
            f"{message.role!r} is not supported; use one of {', '.join(_ROLES)}",
        )
    for field in ("tool_calls", "function_call"):
        if getattr(message, field):
            raise _wrong(f"{place}.{field}", "tools are not supported here")
    return Message(role=role, content=_read_content(message, f"{place}.content"))


def _read_content(message: ChatMessage, place: str) -> str:
    if message.content is None:
        raise _wrong(place, "it is missing; give a string or a list of text parts")
    if isinstance(message.content, str):
        return message.content
    texts = []
    for i, part in enumerate(message.content):
        if part.type != "text":
            raise _wrong(f"{place}[{i}].type", f"{part.type!r} is not supported; send text parts")
        if part.text is None:
            raise _wrong(f"{place}[{i}].text", "it is missing")
        texts.append(part.text)
    return "\n".join(texts)


def _wrong(place: str, what: str) -> GatewayError:
    return GatewayError(400, "invalid_value", f"{place}: {what}", param=place)
