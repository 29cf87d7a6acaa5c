"""The verifier's child process: calls come in, step scores go out."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import torch

from tts_async.errors import TTSError, VerificationError, describe
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.path_scorers import (
    IncrementalScorer,
    MarkedPath,
    PathScorer,
    WholeTextScorer,
)
from tts_async.inference.reward_model import RewardModel, separator_id
from tts_async.inference.scoring_queue import Query, ScoringQueue
from tts_async.inference.wire import STATISTICS, Conversation
from tts_async.worker import Call, Cancel, Channel, Message

DELIMITER = "\n\n"
REMEMBERED_STEPS = 65_536


def serve(
    channel: Channel,
    *,
    model: str,
    device: str,
    dtype: str,
    threads: int,
    max_batch_tokens: int,
    cache_tokens: int = 0,
) -> NoReturn:
    """Load a model folder, then answer calls until the parent closes the pipe."""
    torch.set_num_threads(threads)
    folder = Path(model)
    network = RewardModel(folder, dtype=getattr(torch, dtype), device=torch.device(device))
    network.score([(0, 0)], [(1,)])  # weights that contradict their config fail here and now
    tokenizer = ChatTokenizer(folder)
    separator = separator_id(folder, tokenizer)
    marker = PathMarker(tokenizer, separator=separator, context_length=network.context_length)
    scorer: PathScorer = WholeTextScorer(network, max_batch_tokens=max_batch_tokens)
    if cache_tokens:
        scorer = IncrementalScorer(
            network,
            separator=separator,
            max_batch_tokens=max_batch_tokens,
            cache_tokens=cache_tokens,
        )
    queue = ScoringQueue(scorer)
    channel.ready({"context_length": network.context_length})
    while True:
        turn(channel, marker, queue)


def turn(channel: Channel, marker: "PathMarker", queue: ScoringQueue) -> None:
    """Take what has arrived (waiting only when there is nothing else to do), then score."""
    for message in _arrived(channel, queue):
        match message:
            case Cancel(id=number):
                queue.cancel(number)
            case Call(id=number, payload=payload) if payload == STATISTICS:
                channel.reply(number, {**queue.counts, "waiting": queue.waiting})
            case Call() as call:
                _accept(channel, marker, queue, call)
    for query in queue.step():
        channel.reply(query.id, query.scores)


def _accept(channel: Channel, marker: "PathMarker", queue: ScoringQueue, call: Call) -> None:
    try:
        query = Query(call.id, [marker.mark(*path) for path in call.payload])
    except TTSError as error:
        channel.fail(call.id, error)
    except Exception as error:  # noqa: BLE001 - a text or template that nobody foresaw
        reason = f"cannot turn this path into tokens: {describe(error)}"
        channel.fail(call.id, VerificationError(reason))
    else:
        if queue.add(query):
            channel.reply(call.id, query.scores)


def _arrived(channel: Channel, queue: ScoringQueue) -> Iterator[Message]:
    if not queue.waiting:
        yield channel.receive()
    yield from channel.pending()


class PathMarker:
    """Writes a problem and its steps as ids, with the separator's id after every step.

    Ids are appended, never strings: joined text would be cut into other tokens, and the scores
    would be worse. Nothing is ever truncated.
    """

    def __init__(self, tokenizer: ChatTokenizer, *, separator: int, context_length: int) -> None:
        self._tokenizer = tokenizer
        self._separator = separator
        self._limit = context_length
        self._step_ids = lru_cache(REMEMBERED_STEPS)(self._encode_step)

    def mark(self, conversation: Conversation, steps: Sequence[str]) -> MarkedPath:
        """Raises ``VerificationError`` for an empty step and for a path that does not fit."""
        ids = list(self._tokenizer.prompt_ids(conversation))
        ends = []
        for number, step in enumerate(steps, start=1):
            if not step.strip():
                raise VerificationError(f"step {number} of {len(steps)} is empty: {step!r}")
            ids += self._step_ids(step)
            ends.append(len(ids) - 1)
        if len(ids) > self._limit:
            raise VerificationError(
                f"the problem and its {len(steps)} steps take {len(ids)} tokens, "
                f"more than the verifier's context of {self._limit}"
            )
        return MarkedPath(tuple(ids), tuple(ends))

    def _encode_step(self, step: str) -> tuple[int, ...]:
        return (*self._tokenizer.encode(step.removesuffix(DELIMITER)), self._separator)
