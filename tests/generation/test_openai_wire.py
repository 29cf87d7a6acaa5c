"""The JSON of chat completions: nothing that only one server knows, nothing taken on trust."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.generation.fake_server import expansion
from tts_async.errors import GeneratorRejected, MalformedResponse
from tts_async.generation.openai_wire import build_chat, parse_chat, share_tokens
from tts_async.types.generation import Step

ANSWER = {"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}
REPLY = {"choices": [ANSWER], "usage": {"completion_tokens": 2}}


def replied(**change: Any) -> Any:
    """An answer with one choice, changed."""
    reply = copy.deepcopy(REPLY)
    reply["choices"][0] |= change
    return reply


def test_body_of_a_fresh_answer() -> None:
    """Only what OpenAI's own API has."""
    assert build_chat(expansion(stop=None, max_tokens=9), "m", "max_tokens") == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Think."},
            {"role": "user", "content": "1+1?"},
        ],
        "temperature": 0.8,
        "top_p": 1.0,
        "max_tokens": 9,
    }


def test_body_of_a_continued_answer() -> None:
    """The path so far is an open assistant message; the delimiter is a stop string."""
    body = build_chat(expansion(steps=("a\n\n", "b\n\n")), "m", "max_completion_tokens")
    assert body["messages"][-1] == {"role": "assistant", "content": "a\n\nb\n\n"}
    assert (body["continue_final_message"], body["add_generation_prompt"]) == (True, False)
    assert body["stop"] == ["\n\n"]
    assert body["max_completion_tokens"] == 64


def test_a_whole_answer() -> None:
    """Text, end and cost; no ids, for the server tells none."""
    assert parse_chat(REPLY, 1, None) == [Step("4", "stop", 2)]


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("length", "length"), ("content_filter", "length"), ("stop", "stop"), ("eos_token", "stop")],
)
def test_why_it_ended(reason: str, finish: str) -> None:
    """What was cut short, by a limit or a filter, is not an answer."""
    assert parse_chat(replied(finish_reason=reason), 1, None)[0].finish == finish


@pytest.mark.parametrize("key", ["stop_reason", "matched_stop"])
def test_a_step_gets_its_delimiter_back(key: str) -> None:
    """The chat API drops it; who says that it was there is believed."""
    assert parse_chat(replied(**{key: "\n\n"}), 1, "\n\n")[0] == Step("4\n\n", "step", 2)
    assert parse_chat(replied(**{key: None}), 1, "\n\n")[0].finish == "stop"
    assert parse_chat(replied(**{key: 128009}), 1, "\n\n")[0].finish == "stop"


def test_a_server_that_does_not_say_is_no_good_for_steps() -> None:
    """A guess would end searches in the middle, or never."""
    with pytest.raises(GeneratorRejected, match="best_of_n"):
        parse_chat(REPLY, 1, "\n\n")


def test_without_usage_the_cost_is_estimated() -> None:
    """Budgets count something rather than nothing."""
    reply = replied(message={"content": "x" * 41})
    del reply["usage"]
    assert parse_chat(reply, 1, None)[0].tokens == 11


def test_more_choices_than_asked_for() -> None:
    """The surplus is ignored."""
    reply = {"choices": [ANSWER] * 3, "usage": {"completion_tokens": 4}}
    assert [step.tokens for step in parse_chat(reply, 2, None)] == [2, 2]


@pytest.mark.parametrize(
    "reply",
    [
        None,
        "text",
        {},
        {"choices": []},
        {"choices": [1]},
        replied(message=None),
        replied(message={"content": 3}),
        replied(finish_reason=None),
        replied(finish_reason="tool_calls"),
    ],
)
def test_an_answer_of_the_wrong_shape(reply: Any) -> None:
    """Never a step, always our error."""
    with pytest.raises(MalformedResponse):
        parse_chat(reply, 1, None)


@pytest.mark.parametrize("content", [None, [], [1], [{}], [{"logprob": "-1"}], [{"logprob": 1}]])
def test_logprobs_of_the_wrong_shape(content: Any) -> None:
    """A number for every token, or it is no answer; nobody looks where nobody asked."""
    reply = replied(logprobs={"content": content})
    with pytest.raises(MalformedResponse, match="log"):
        parse_chat(reply, 1, None, logprobs=True)
    assert parse_chat(reply, 1, None)[0].logprobs is None


def test_logprobs_count_the_tokens() -> None:
    """Of each choice, which usage does not; an empty answer may have none."""
    reply = replied(logprobs={"content": [{"logprob": -1.5}, {"logprob": 1e-9}]})
    assert parse_chat(reply, 1, None, logprobs=True) == [Step("4", "stop", 2, (), (-1.5, 0.0))]
    empty = replied(message={"content": ""}, logprobs={"content": []})
    assert parse_chat(empty, 1, None, logprobs=True) == [Step("", "stop", 0, (), ())]


@given(st.integers(0, 10_000), st.lists(st.integers(0, 5_000), min_size=1, max_size=9))
def test_shares_add_up(total: int, lengths: list[int]) -> None:
    """Not a token is lost or invented, and longer texts never cost less by more than rounding."""
    shares = share_tokens(total, lengths)
    assert sum(shares) == total
    assert min(shares) >= 0
    weight = sum(lengths) + len(lengths)
    for share, length in zip(shares, lengths, strict=True):
        assert abs(share - total * (length + 1) / weight) < 1
