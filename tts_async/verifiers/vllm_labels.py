"""Scores from a language model's next token: is it going to say "+" or "-"?

Reward models of this kind (RLHFlow, Math-Shepherd) are plain language models, so an ordinary vLLM
server runs them. A step's score is the softmax over the two labels at the end of the prompt that
ends with that step. Each step is asked for once, with one token to generate; the prompt that it
shares with its parent and its siblings is in the server's prefix cache.

``logprobs`` counts the likeliest tokens, and the labels need not be among them, so they are asked
for by id. That only these two may be drawn changes nothing where the server reports the model's own
distribution, and lets a server through that reports the one it draws from: in a softmax over both
labels, whatever scaled them has gone.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from tts_async.concurrency import gather
from tts_async.errors import InvalidScores, MalformedResponse, VerificationError
from tts_async.http.async_cache import AsyncCache
from tts_async.verifiers.prm_server import PROBE, Path, PRMServer

REMEMBERED_STEPS = 262_144


class LabelScores:
    """Reads the scores of steps from ``/v1/completions``."""

    kind = "vLLM server, next-token probabilities"

    def __init__(self, server: PRMServer) -> None:
        self._server = server
        self._known = AsyncCache[Path, float](REMEMBERED_STEPS)

    async def read(self, path: Path) -> Sequence[float]:
        """One score per step; raises ``GenerationError`` and ``VerificationError``."""
        conversation, steps = path
        beginnings = ((conversation, steps[:count]) for count in range(1, len(steps) + 1))
        return await gather(*(self._known.get(each, self._ask) for each in beginnings))

    async def probe(self) -> None:
        """Raise ``TTSError`` unless the server tells the labels' probabilities."""
        await self._ask(PROBE)

    async def _ask(self, path: Path) -> float:
        """The score of the last step."""
        head = self._server.family.head
        labels = [await self._server.tokenizer.id_of(label) for label in head.labels]
        body = {
            "prompt": await self._server.write(*path, room=1),
            "max_tokens": 1,
            "temperature": 1.0,
            "logprobs": len(labels),
            "logprob_token_ids": labels,
            "allowed_token_ids": labels,
            "return_tokens_as_token_ids": True,
        }
        parse = partial(parse_logprobs, labels=labels)
        return softmax(await self._server.post("/v1/completions", body, parse))[head.positive]


def parse_logprobs(reply: Any, labels: Sequence[int]) -> list[float]:
    """The labels' log-probabilities in an answer of ``/v1/completions``.

    Raises ``MalformedResponse``, and ``VerificationError`` when the server keeps one to itself.
    """
    keys = [f"token_id:{label}" for label in labels]
    try:
        told = reply["choices"][0]["logprobs"]["top_logprobs"][0]
        found = [told[key] for key in keys if key in told]
    except (TypeError, KeyError, IndexError) as error:
        raise MalformedResponse("no log-probabilities in the answer") from error
    if len(found) < len(labels):
        raise VerificationError(
            "the server does not tell the log-probabilities of both labels; it takes a vLLM that"
            " knows logprob_token_ids, or the flag --logprobs-mode processed_logprobs"
        )
    if not all(type(number) in (float, int) and math.isfinite(number) for number in found):
        raise InvalidScores(f"the server returned {found} as log-probabilities")
    return found


def softmax(logits: Sequence[float]) -> list[float]:
    """Probabilities that add up to 1."""
    highest = max(logits)
    weights = [math.exp(logit - highest) for logit in logits]
    return [weight / sum(weights) for weight in weights]
