"""The request: types, limits, what is refused and what is ignored."""

import json
from typing import Any

import pytest

from tts_async.gateway import GatewayError
from tts_async.gateway.schema import ChatRequest, read_chat_request


def read(**fields: Any) -> ChatRequest:
    """A request with these fields besides the necessary ones."""
    body = {"model": "greedy", "messages": [{"role": "user", "content": "1 + 1"}], **fields}
    return read_chat_request(json.dumps(body).encode())


def refusal(**fields: Any) -> GatewayError:
    """The error that these fields get."""
    with pytest.raises(GatewayError) as caught:
        read(**fields)
    assert caught.value.status == 400
    return caught.value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", 5),
        ("model", None),
        ("model", "m" * 300),
        ("messages", "hello"),
        ("messages", []),
        ("messages", [5]),
        ("n", 0),
        ("n", "2"),
        ("n", 1.5),
        ("n", True),
        ("n", 10**30),
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", "hot"),
        ("temperature", True),
        ("top_p", 0),
        ("top_p", 1.1),
        ("max_tokens", 0),
        ("max_tokens", 2**40),
        ("max_completion_tokens", -1),
        ("stop", 5),
        ("stop", ["a", 5]),
        ("stop", ["a", "b", "c", "d", "e"]),
        ("stop", ""),
        ("seed", 2**63),
        ("seed", 0.5),
        ("user", 5),
        ("stream", "yes"),
        ("stream_options", True),
        ("stream_options", {"include_usage": "yes"}),
        ("tts", []),
        ("tts", {"n": 0}),
        ("tts", {"deadline_s": 0}),
        ("tts", {"priority": -1}),
        ("tts", {"budget": {"tokens": 0}}),
        ("tts", {"budget": "all"}),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(field: str, value: Any) -> None:
    """In the parameter and in the message."""
    error = refusal(**{field: value})
    assert error.code == "invalid_value"
    assert (error.param or "").split(".")[0].split("[")[0] == field
    assert error.message.startswith(str(error.param))


@pytest.mark.parametrize(
    ("fields", "param", "known"),
    [
        ({"tts": {"beam_widht": 4}}, "tts.beam_widht", "beam_width"),
        ({"tts": {"budget": {"token": 4}}}, "tts.budget.token", "verifier_calls"),
    ],
)
def test_our_own_extension_ignores_nothing(fields: Any, param: str, known: str) -> None:
    """A slip of the pen there would silently give another search."""
    error = refusal(**fields)
    assert (error.code, error.param) == ("unknown_parameter", param)
    assert known in error.message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("functions", [{"name": "f"}]),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("function_call", {"name": "f"}),
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {}}),
        ("response_format", 5),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("logit_bias", {"5": 1}),
        ("presence_penalty", 0.5),
        ("frequency_penalty", -1),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy"}),
        ("web_search_options", {}),
    ],
)
def test_what_would_change_the_answer_is_refused_by_name(field: str, value: Any) -> None:
    """An answer to another question is worse than an error."""
    error = refusal(**{field: value})
    assert (error.code, error.param) == ("unsupported_parameter", field)
    assert error.message.startswith(f"{field}: not supported")


def test_what_asks_for_nothing_passes() -> None:
    """Clients send defaults; and OpenAI ignores what it does not know."""
    nulls = ["n", "temperature", "top_p", "max_tokens", "stop", "seed", "user", "stream", "tts"]
    nulls += ["tools", "logprobs", "logit_bias", "response_format", "audio", "tool_choice"]
    read(**dict.fromkeys(nulls))
    read(tools=[], logprobs=False, logit_bias={}, presence_penalty=0, frequency_penalty=0.0)
    read(tool_choice="none", response_format={"type": "text"}, modalities=["text"])
    read(store=True, metadata={"a": "b"}, service_tier="auto", no_such_field=[1, {"a": None}])


def test_the_newer_name_of_a_limit_wins() -> None:
    """Clients in the middle of a change send both."""
    assert read(max_tokens=5).answer_tokens == 5
    assert read(max_tokens=5, max_completion_tokens=7).answer_tokens == 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"model": "\\ud800", "messages": []}',
        b'{"model": "\xed\xa0\x80", "messages": []}',
        b'{"temperature": NaN}',
        b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"model": "greedy", "messages": [{"role": "user"}]} {}',
    ],
)
def test_what_is_no_json(body: bytes) -> None:
    """Broken, badly encoded, or deep enough to overflow a stack."""
    with pytest.raises(GatewayError) as caught:
        read_chat_request(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"5"])
def test_json_that_is_no_request(body: bytes) -> None:
    """There is no field to name."""
    with pytest.raises(GatewayError, match="the body: ") as caught:
        read_chat_request(body)
    assert (caught.value.code, caught.value.param) == ("invalid_value", None)


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_a_missing_field(missing: str) -> None:
    """It is named."""
    body = {"model": "greedy", "messages": [{"role": "user", "content": "1 + 1"}]}
    del body[missing]
    with pytest.raises(GatewayError) as caught:
        read_chat_request(json.dumps(body).encode())
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", missing)


def test_a_wrong_value_inside_a_message() -> None:
    """The parameter is its whole path."""
    error = refusal(messages=[{"role": "user", "content": [{"type": "text", "text": 5}]}])
    assert error.param == "messages[0].content[0].text"
    error = refusal(messages=[{"content": "hello"}])
    assert error.param == "messages[0].role"
