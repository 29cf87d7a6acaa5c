"""The JSON for vLLM: what is sent, to the letter, and what is accepted, to the type."""

import copy
import json
from typing import Any

import pytest

from tests.generation.fake_server import expansion
from tts_async.errors import MalformedResponse
from tts_async.generation.vllm_wire import (
    CompletionOptions,
    encode_chat,
    encode_completion,
    encode_text,
    parse_completion,
    parse_text,
    parse_tokens,
)
from tts_async.types.generation import Step

OPTIONS = CompletionOptions(model="tiny")
GOOD = {
    "choices": [
        {
            "index": 1,
            "text": "b\n\n",
            "token_ids": [7, 8],
            "finish_reason": "stop",
            "stop_reason": "\n\n",
        },
        {
            "index": 0,
            "text": "a",
            "token_ids": [5, 0],
            "finish_reason": "stop",
            "stop_reason": None,
        },
    ]
}


def test_body_of_a_step() -> None:
    """A step is asked for with its delimiter, kept in the text, and nothing that can be refused."""
    request = expansion(n=4, priority=3, temperature=0.8, max_tokens=99, seed=42)
    assert json.loads(encode_completion(request, [1, 2, 3], 50, OPTIONS)) == {
        "model": "tiny",
        "prompt": [1, 2, 3],
        "n": 4,
        "max_tokens": 50,
        "temperature": 0.8,
        "top_p": 1.0,
        "seed": 42,
        "return_token_ids": True,
        "stop": ["\n\n"],
        "include_stop_str_in_output": True,
    }


def test_body_of_a_whole_answer() -> None:
    """Without a delimiter there is no stop; priority and cache salt are sent where allowed."""
    options = CompletionOptions(model="tiny", priority=True, cache_salt="tenant")
    body = json.loads(encode_completion(expansion(stop=None, priority=3), [1], 8, options))
    assert "stop" not in body
    assert "include_stop_str_in_output" not in body
    assert (body["priority"], body["cache_salt"]) == (3, "tenant")


def test_greedy_decoding_is_asked_for_once() -> None:
    """The server refuses n > 1 at temperature 0: one draw stands for all."""
    request = expansion(n=3, temperature=0.0)
    assert json.loads(encode_completion(request, [1], 8, OPTIONS))["n"] == 1
    step = parse_completion({"choices": [GOOD["choices"][0] | {"index": 0}]}, request)
    assert step == [Step("b\n\n", "step", 2, (7, 8))] * 3


def test_bodies_of_tokenize() -> None:
    """The conversation goes through the server's template; a step gets no special tokens."""
    assert json.loads(encode_chat("tiny", [{"role": "user", "content": "é"}])) == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "é"}],
        "add_generation_prompt": True,
    }
    assert json.loads(encode_text("tiny", "a\n\n")) == {
        "model": "tiny",
        "prompt": "a\n\n",
        "add_special_tokens": False,
    }


def test_choices_are_ordered_and_told_apart() -> None:
    """By index; a stop string ends a step, EOS (counted, not kept) ends the answer."""
    assert parse_completion(GOOD, expansion(n=2)) == [
        Step("a", "stop", 2, (5,)),
        Step("b\n\n", "step", 2, (7, 8)),
    ]


@pytest.mark.parametrize(
    ("finish", "stop_reason", "expected"),
    [
        ("stop", "b", "step"),
        ("stop", "</end>", "stop"),  # the server's own stop string
        ("stop", None, "stop"),
        ("stop", 128009, "stop"),
        ("length", None, "length"),
    ],
)
def test_why_it_ended(finish: str, stop_reason: Any, expected: str) -> None:
    """A stop string is a step, a stop token the end, the limit a truncation."""
    choice = {"index": 0, "text": "ab", "token_ids": [1, 2]}
    reply = {"choices": [choice | {"finish_reason": finish, "stop_reason": stop_reason}]}
    [step] = parse_completion(reply, expansion(stop="b"))
    assert step.finish == expected
    assert step.tokens == 2
    ended_by_token = finish == "stop" and not isinstance(stop_reason, str)
    assert step.token_ids == ((1,) if ended_by_token else (1, 2))


@pytest.mark.parametrize(
    "change",
    [
        {"text": None},
        {"text": 3},
        {"token_ids": None},
        {"token_ids": "12"},
        {"token_ids": [1, "2"]},
        {"token_ids": [1, True]},
        {"token_ids": [1, 2.0]},
        {"index": 1},
        {"index": None},
        {"finish_reason": "abort"},
        {"finish_reason": None},
        {"text": "the delimiter was cut off"},
    ],
)
def test_a_choice_of_the_wrong_shape(change: dict[str, Any]) -> None:
    """Missing, mistyped, misnumbered, unknown: never a step, always our error."""
    reply = copy.deepcopy(GOOD)
    reply["choices"][0] |= change
    if change == {"index": 1}:
        reply["choices"][1] |= change
    with pytest.raises(MalformedResponse):
        parse_completion(reply, expansion(n=2))


@pytest.mark.parametrize(
    "reply", [None, [], "ok", {}, {"choices": None}, {"choices": []}, {"choices": [1, 2]}]
)
def test_an_answer_of_the_wrong_shape(reply: Any) -> None:
    """JSON that is not an answer is our error for every endpoint."""
    with pytest.raises(MalformedResponse):
        parse_completion(reply, expansion(n=2))
    with pytest.raises(MalformedResponse):
        parse_tokens(reply)
    with pytest.raises(MalformedResponse):
        parse_text(reply)


def test_too_few_and_too_many_choices() -> None:
    """Anything but n choices is refused: a search must not run on fewer without knowing."""
    for n in (1, 3):
        with pytest.raises(MalformedResponse, match=rf"asked for {n} choices, got 2"):
            parse_completion(GOOD, expansion(n=n))
