"""The JSON of ``/tokenize`` and ``/detokenize``: what is sent, and what is accepted."""

import json
from typing import Any

import pytest

from tts_async.errors import MalformedResponse
from tts_async.http.vllm_tokenize import encode_chat, encode_text, parse_text, parse_tokens


def test_bodies() -> None:
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


@pytest.mark.parametrize(
    "reply", [None, [], "ok", {}, {"tokens": None}, {"tokens": [1, True]}, {"prompt": 1}]
)
def test_an_answer_of_the_wrong_shape(reply: Any) -> None:
    """JSON that is not an answer is our error."""
    with pytest.raises(MalformedResponse):
        parse_tokens(reply)
    with pytest.raises(MalformedResponse):
        parse_text(reply)
