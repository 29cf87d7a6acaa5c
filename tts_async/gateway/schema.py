"""What a chat completion request may say, and what is refused by name.

Fields that are not here are ignored, as OpenAI does. Those that would change the answer and cannot
be honoured are refused: an answer to another question is worse than an error.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from tts_async.gateway.errors import GatewayError

MOST_STOPS: Final = 4
"""As OpenAI has it."""
_Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_Seconds = Annotated[float, Meta(gt=0)]
_Name = Annotated[str, Meta(max_length=200)]
"""Repeated in error messages, so a body full of name is not taken."""


class Part(Struct):
    """A piece of a message's content."""

    type: _Name
    text: str | None = None


class ChatMessage(Struct):
    """One turn of the conversation."""

    role: _Name
    content: str | list[Part] | None = None
    tool_calls: Any = None
    function_call: Any = None


class StreamOptions(Struct):
    """How to stream."""

    include_usage: bool | None = None


class BudgetOptions(Struct, forbid_unknown_fields=True):
    """What a search may spend."""

    tokens: _Count | None = None
    expansions: _Count | None = None
    verifier_calls: _Count | None = None
    seconds: _Seconds | None = None


class SearchOptions(Struct, forbid_unknown_fields=True):
    """Our extension ``tts``: how to search. A wrong name in here is an error, not ignored."""

    strategy: _Name | None = None
    n: _Count | None = None
    beam_width: _Count | None = None
    max_steps: _Count | None = None
    lookahead: Annotated[int, Meta(ge=0, le=100)] | None = None
    select: _Name | None = None
    early_stop: bool | None = None
    confidence: float | None = None
    budget: BudgetOptions | _Count | None = None
    deadline_s: _Seconds | None = None
    priority: Annotated[int, Meta(ge=0, le=1000)] | None = None
    instructions: bool | None = None
    candidates: bool | None = None


class ChatRequest(Struct):
    """The body of ``POST /v1/chat/completions``."""

    model: _Name
    messages: Annotated[list[ChatMessage], Meta(min_length=1)]
    n: _Count | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_tokens: _Count | None = None
    max_completion_tokens: _Count | None = None
    stop: str | list[str] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    user: _Name | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tts: SearchOptions | None = None

    # Refused when they ask for something.
    tools: Any = None
    functions: Any = None
    tool_choice: Any = None
    function_call: Any = None
    response_format: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    logit_bias: Any = None
    presence_penalty: Any = None
    frequency_penalty: Any = None
    modalities: Any = None
    audio: Any = None
    web_search_options: Any = None

    @property
    def stops(self) -> list[str]:
        """The stop strings, as a list."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or []

    @property
    def answer_tokens(self) -> int | None:
        """The most tokens of one answer."""
        return self.max_completion_tokens or self.max_tokens


def read_chat_request(body: bytes) -> ChatRequest:
    """The request in a body; raises ``GatewayError`` naming the field that is wrong."""
    try:
        request = msgspec.json.decode(body, type=ChatRequest)
    except msgspec.ValidationError as error:
        raise _wrong_field(str(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise GatewayError(400, "invalid_json", f"the body is not JSON: {error}") from error
    for field, (asks, fix) in _REFUSED.items():
        if asks(getattr(request, field)):
            raise GatewayError(
                400, "unsupported_parameter", f"{field}: not supported here; {fix}", param=field
            )
    if len(request.stops) > MOST_STOPS or "" in request.stops:
        raise GatewayError(
            400, "invalid_value", f"stop: give up to {MOST_STOPS} strings, none empty", param="stop"
        )
    return request


_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?P<what>missing required|contains unknown) field `(?P<field>[^`]*)`")


def _wrong_field(message: str) -> GatewayError:
    """From ``Expected `int`, got `str` - at `$.n``` to a message that begins with the field."""
    place, named = _PATH.search(message), _NAMED.search(message)
    what = message[: place.start()] if place else message
    path = place["path"] if place else ""
    field = ".".join(filter(None, (path, named["field"] if named else "")))
    code = "invalid_value"
    if named and named["what"] == "missing required":
        code, what = "missing_required_parameter", "it is missing"
    elif named:
        known = BudgetOptions if path == "tts.budget" else SearchOptions
        code, what = "unknown_parameter", f"unknown; {path} knows {', '.join(_names(known))}"
    if not field:
        return GatewayError(400, code, f"the body: {what}")
    return GatewayError(400, code, f"{field}: {what}", param=field)


def _names(kind: type[Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def _asks_for_format(value: Any) -> bool:
    return value is not None and value != {"type": "text"}


def _asks_for_tool(value: Any) -> bool:
    return value not in (None, "none", "auto")


def _asks_beyond_text(value: Any) -> bool:
    return bool(value) and value != ["text"]


_NO_TOOLS = "answers are text; leave it out or empty"
_REFUSED: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "tools": (bool, _NO_TOOLS),
    "functions": (bool, _NO_TOOLS),
    "tool_choice": (_asks_for_tool, _NO_TOOLS),
    "function_call": (_asks_for_tool, _NO_TOOLS),
    "response_format": (
        _asks_for_format,
        'answers are text; leave it out or use {"type": "text"}, and read the field tts.answer',
    ),
    "logprobs": (bool, "a search has no single distribution; leave it out"),
    "top_logprobs": (bool, "a search has no single distribution; leave it out"),
    "logit_bias": (bool, "leave it out"),
    "presence_penalty": (bool, "leave it out or use 0"),
    "frequency_penalty": (bool, "leave it out or use 0"),
    "modalities": (_asks_beyond_text, 'answers are text; leave it out or use ["text"]'),
    "audio": (lambda value: value is not None, "answers are text; leave it out"),
    "web_search_options": (lambda value: value is not None, "nothing is searched for on the web"),
}
