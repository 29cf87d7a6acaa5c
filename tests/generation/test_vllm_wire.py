"""The JSON for vLLM: what is sent, to the letter, and what is accepted, to the type."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from msgspec import ValidationError

from tests.generation.fake_server import expansion
from tts_async.errors import MalformedResponse
from tts_async.generation.vllm_wire import (
    CompletionOptions,
    decode_completion,
    encode_completion,
    parse_completion,
)
from tts_async.types.generation import GenerationRequest, Step

OPTIONS = CompletionOptions(model="tiny")
UNUSABLE = (MalformedResponse, ValidationError)  # the transport makes the one of the other
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


def parsed(reply: Any, request: GenerationRequest) -> list[Step]:
    """What the generator makes of an answer with this JSON."""
    return parse_completion(decode_completion(json.dumps(reply).encode()), request)


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
    step = parsed({"choices": [GOOD["choices"][0] | {"index": 0}]}, request)
    assert step == [Step("b\n\n", "step", 2, (7, 8))] * 3


def test_choices_are_ordered_and_told_apart() -> None:
    """By index; a stop string ends a step, EOS (counted, not kept) ends the answer."""
    assert parsed(GOOD, expansion(n=2)) == [
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
    [step] = parsed(reply, expansion(stop="b"))
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
        {"index": 1.0},
        {"stop_reason": ["\n\n"]},
    ],
)
def test_a_choice_of_the_wrong_shape(change: dict[str, Any]) -> None:
    """Missing, mistyped, misnumbered, unknown: never a step, always our error."""
    reply = copy.deepcopy(GOOD)
    reply["choices"][0] |= change
    if change == {"index": 1}:
        reply["choices"][1] |= change
    with pytest.raises(UNUSABLE):
        parsed(reply, expansion(n=2))


@pytest.mark.parametrize(
    "reply", [None, [], "ok", {}, {"choices": None}, {"choices": []}, {"choices": [1, 2]}]
)
def test_an_answer_of_the_wrong_shape(reply: Any) -> None:
    """JSON that is not an answer is our error."""
    with pytest.raises(UNUSABLE):
        parsed(reply, expansion(n=2))


def test_too_few_and_too_many_choices() -> None:
    """Anything but n choices is refused: a search must not run on fewer without knowing."""
    for n in (1, 3):
        with pytest.raises(MalformedResponse, match=rf"asked for {n} choices, got 2"):
            parsed(GOOD, expansion(n=n))


def with_logprobs(values: Any) -> Any:
    """An answer of two tokens that claims these log-probabilities."""
    choice = GOOD["choices"][1] | {"logprobs": {"token_logprobs": values, "tokens": ["a", ""]}}
    return {"choices": [choice]}


def test_logprobs_are_sent_and_kept_where_wanted() -> None:
    """Of the sampled tokens only, end of sequence included; not wanted, they are not looked at."""
    wanted = replace(expansion(), logprobs=True)
    assert json.loads(encode_completion(wanted, [1], 8, OPTIONS))["logprobs"] == 0
    assert "logprobs" not in json.loads(encode_completion(expansion(), [1], 8, OPTIONS))
    [step] = parsed(with_logprobs([-0.25, 0]), wanted)
    assert step == Step("a", "stop", 2, (5,), (-0.25, 0.0))
    assert parsed(with_logprobs([1.0]), expansion())[0].logprobs is None


@pytest.mark.parametrize("values", [None, [], [-1.0], [-1.0] * 3, [0.5, -1.0], [None, -1.0], ["a"]])
def test_logprobs_of_the_wrong_shape(values: Any) -> None:
    """One number for every token, none of them positive, or it is no answer."""
    with pytest.raises(UNUSABLE):
        parsed(with_logprobs(values), replace(expansion(), logprobs=True))
    with pytest.raises(MalformedResponse, match="no log-probabilities"):
        parsed({"choices": [GOOD["choices"][1]]}, replace(expansion(), logprobs=True))
