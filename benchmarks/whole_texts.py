"""A verifier like the reference implementation's: every path is scored from its first token.

``LocalVerifier`` without a prefix cache still answers equal paths once and remembers recent ones,
and searches over short steps are full of twins. The reference does neither. The arithmetic is the
same: paths packed end to end, no padding, in a process of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import torch

from tts_async.embedded import PRM_AGGREGATION, PRM_PATH
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families.qwen_math import QWEN_MATH_PRM
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.path_scorers import Scores, WholeTextScorer
from tts_async.inference.reward_model import DecoderRewardModel
from tts_async.inference.wire import ScoreCall, as_conversation
from tts_async.types.verification import ScoreRequest
from tts_async.worker import Call, Channel, WorkerProcess

BATCH_TOKENS = 2048  # as LocalVerifier's default


@dataclass(frozen=True, slots=True)
class Work:
    """What went through the network."""

    computed_tokens: int


class WholeTextVerifier:
    """The embedded reward model."""

    aggregation = PRM_AGGREGATION
    capacity = 256

    def __init__(self) -> None:
        self._computed = 0
        self._worker = WorkerProcess("benchmarks.whole_texts:serve", {"model": PRM_PATH})

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores]:
        """One list of step scores per request."""
        paths = (
            (as_conversation(request.problem.messages(None)), request.steps) for request in requests
        )
        scores, tokens = await self._worker.call(ScoreCall(tuple(paths), priority=0))
        self._computed += tokens
        return scores  # type: ignore[no-any-return]

    async def statistics(self) -> Work:
        """All of it since the start."""
        return Work(self._computed)

    async def __aenter__(self) -> Self:
        await self._worker.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._worker.aclose()


def serve(channel: Channel, *, model: Path) -> NoReturn:
    """In the child: answer one call after the other with its scores and the tokens computed."""
    torch.set_num_threads(1)
    network = DecoderRewardModel(
        model, QWEN_MATH_PRM.head, dtype=torch.float32, device=torch.device("cpu")
    )
    marker = PathMarker(ChatTokenizer(model), QWEN_MATH_PRM, context_length=network.context_length)
    scorer = WholeTextScorer(network, max_batch_tokens=BATCH_TOKENS)
    channel.ready()
    while True:
        match channel.receive():
            case Call(id=number, payload=payload):
                before = scorer.counts["computed_tokens"]
                paths = [marker.mark(*path) for path in payload.paths]
                scores: list[Scores] = []
                while len(scores) < len(paths):
                    scores += scorer.score(paths[len(scores) :])
                channel.reply(number, (scores, scorer.counts["computed_tokens"] - before))
