"""A vLLM that serves a reward model, as a fake: its score of a prompt is a number made of its ids.

Written against what vLLM 0.32 does: ``/pooling`` returns a row of labels per step tag and nothing
where there is none, ``/tokenize`` takes special tokens for what they are, and of the next token's
log-probabilities it tells those that are asked for by id.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

from tests.generation.fake_server import PROMPT, VLLM, FakeServer, decode, encode

BOS = 2
EXTRA = 5
END = 6
SPECIALS = {"<extra_0>": EXTRA, "<|end|>": END}


def ids_of(text: str) -> list[int]:
    """Ids of a text in which special tokens are special."""
    parts = re.split(f"({'|'.join(map(re.escape, SPECIALS))})", text)
    return [i for part in parts for i in ([SPECIALS[part]] if part in SPECIALS else encode(part))]


def chat_ids(messages: Sequence[Any], *, is_open: bool = True) -> list[int]:
    """Ids of a conversation in the server's template."""
    text = "".join(f"<{message['role']}>{message['content']}" for message in messages)
    return [PROMPT, *ids_of(text + "<assistant>" * is_open)]


def score_of(ids: Sequence[int]) -> float:
    """What the model thinks of a prompt: any number in (0, 1) that depends on every id."""
    return (sum(place * token for place, token in enumerate(ids, start=1)) % 997 + 1) / 999


class FakePRMServer(FakeServer):
    """``pooling``: whether it was started with ``--runner pooling``.

    ``tag`` is what it takes for the end of a step, ``all_tokens`` makes it a plain classifier of
    tokens, ``is_outcome`` one of whole texts. ``scores`` replaces what it thinks. ``knows_ids`` is
    whether it has heard of ``logprob_token_ids``.
    """

    def __init__(self, *, pooling: bool = True) -> None:
        own = {"/pooling"} if pooling else {"/v1/completions"}
        super().__init__(extras=VLLM - {"/v1/completions", "/metrics"} | own)
        self.model = "Qwen2.5-Math-PRM-7B" if pooling else "Llama3.1-8B-PRM-Deepseek-Data"
        self.tag = EXTRA
        self.all_tokens = False
        self.is_outcome = False
        self.scores: Any = None
        self.knows_ids = True

    def _truth(self, path: str, body: Any) -> tuple[int, Any]:
        if path == "/pooling" and path in self.extras:
            return self._pool(body)
        return super()._truth(path, body)

    def _tokenize(self, body: Any) -> tuple[int, Any]:
        if "messages" in body:
            ids = chat_ids(body["messages"], is_open=body["add_generation_prompt"])
        else:
            ids = [BOS] * body.get("add_special_tokens", True) + ids_of(body["prompt"])
        reply = {"count": len(ids), "max_model_len": self.context_length, "tokens": ids}
        if body.get("return_token_strs"):
            spelled = {number: text for text, number in SPECIALS.items()}
            reply["token_strs"] = [spelled.get(i) or decode([i]) for i in ids]
        return 200, reply

    def _pool(self, body: Any) -> tuple[int, Any]:
        ids = body["input"] if isinstance(body["input"], list) else ids_of(body["input"])
        if self.context_length and len(ids) > self.context_length:
            message = f"This model's maximum context length is {self.context_length} tokens."
            return 400, {"error": {"message": message}}
        ends = [i for i, token in enumerate(ids) if self.all_tokens or token == self.tag]
        rows: Any = [[1 - score_of(ids[: i + 1]), score_of(ids[: i + 1])] for i in ends]
        if self.is_outcome:
            rows = [score_of(ids)]
        rows = rows if self.scores is None else self.scores
        return 200, {"data": [{"index": 0, "object": "pooling", "data": rows}]}

    def _complete(self, body: Any) -> tuple[int, Any]:
        if not isinstance(body["prompt"], list) or "logprob_token_ids" not in body:
            return super()._complete({"seed": 0, **body})
        plus, minus = body["logprob_token_ids"]
        right = score_of(body["prompt"])
        # Of the whole vocabulary, so they are far from adding up to 1.
        told = {plus: math.log(right) - 3, minus: math.log(1 - right) - 3}
        if not self.knows_ids:
            told = {1: -0.1, plus: told[plus]}
        told = {f"token_id:{label}": number for label, number in told.items()}
        if self.scores is not None:
            told = self.scores
        choice = {"index": 0, "text": "+", "logprobs": {"top_logprobs": [told]}}
        return 200, {"choices": [choice]}
