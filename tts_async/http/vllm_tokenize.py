"""The JSON of vLLM's ``/tokenize`` and ``/detokenize``, as pure functions."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from tts_async.errors import MalformedResponse


def encode_chat(
    model: str, messages: Sequence[Mapping[str, object]], *, add_generation_prompt: bool = True
) -> bytes:
    """The body of ``POST /tokenize`` for a conversation (``Message``), by default one to answer."""
    return encode(
        {"model": model, "messages": messages, "add_generation_prompt": add_generation_prompt}
    )


def encode_text(model: str, text: str) -> bytes:
    """The body of ``POST /tokenize`` for a text, nothing added."""
    return encode({"model": model, "prompt": text, "add_special_tokens": False})


def parse_tokens(reply: Any) -> tuple[int, ...]:
    """The ids in an answer of ``/tokenize``; raises ``MalformedResponse``."""
    tokens = reply.get("tokens") if isinstance(reply, dict) else None
    if not are_ids(tokens):
        raise MalformedResponse("no tokens in the answer")
    return tuple(tokens)


def encode_ids(model: str, ids: Sequence[int]) -> bytes:
    """The body of ``POST /detokenize``."""
    return encode({"model": model, "tokens": ids})


def parse_text(reply: Any) -> str:
    """The text in an answer of ``/detokenize``; raises ``MalformedResponse``."""
    text = reply.get("prompt") if isinstance(reply, dict) else None
    if not isinstance(text, str):
        raise MalformedResponse("no text in the answer")
    return text


def encode(body: dict[str, Any]) -> bytes:
    """JSON without spaces."""
    return json.dumps(body, separators=(",", ":")).encode()


def are_ids(ids: Any) -> TypeGuard[list[int]]:
    """Whether something out of an answer is a list of token ids."""
    # By the set of types: an answer can hold thousands of ids, and True is an int to isinstance.
    return isinstance(ids, list) and set(map(type, ids)) <= {int}
