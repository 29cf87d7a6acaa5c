"""The verifier's child process: calls come in, step scores go out."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import torch

from tts_async.errors import TTSError, VerificationError, describe
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import Family
from tts_async.inference.hub import model_folder
from tts_async.inference.path_marker import PathMarker
from tts_async.inference.path_scorers import IncrementalScorer, PathScorer, WholeTextScorer
from tts_async.inference.reward_model import DecoderRewardModel
from tts_async.inference.reward_model_loading import (
    choose_family,
    enough_memory,
    load_reward_model,
)
from tts_async.inference.score_head import label_ids
from tts_async.inference.scoring_queue import Query, ScoringQueue
from tts_async.inference.wire import STATISTICS
from tts_async.worker import Call, Cancel, Channel, Message

SAMPLE = ((("user", "1+1?"),), ("2", "2"))
"""A short path that every tokenizer of the right family can write."""


def serve(
    channel: Channel,
    *,
    model: str,
    device: str,
    dtype: str,
    threads: int,
    max_batch_tokens: int,
    max_path_tokens: int,
    cache_tokens: int = 0,
    family: Family | str | None = None,
    backend: str = "auto",
    model_kwargs: Mapping[str, Any] | None = None,
) -> NoReturn:
    """Load a model, then answer calls until the parent closes the pipe."""
    torch.set_num_threads(threads)
    folder = model_folder(model)
    family = choose_family(folder, family, name=model)
    tokenizer = ChatTokenizer(folder)
    with enough_memory(folder, dtype=dtype, device=device):
        network = load_reward_model(
            folder,
            family.head,
            dtype=dtype,
            device=device,
            label_ids=label_ids(family.head, tokenizer),
            max_path_tokens=max_path_tokens,
            backend=backend,
            model_kwargs=model_kwargs,
        )
        network.score([(0, 0)], [(1,)])  # weights that contradict their config fail here and now
        scorer: PathScorer = WholeTextScorer(network, max_batch_tokens=max_batch_tokens)
        if cache_tokens and isinstance(network, DecoderRewardModel):
            scorer = IncrementalScorer(
                network, max_batch_tokens=max_batch_tokens, cache_tokens=cache_tokens
            )
    marker = PathMarker(tokenizer, family, context_length=network.context_length)
    marker.mark(*SAMPLE)  # and so does a tokenizer of another family
    queue = ScoringQueue(scorer)
    channel.ready(
        {
            "context_length": network.context_length,
            "aggregation": family.aggregation,
            "family": family.name,
        }
    )
    while True:
        turn(channel, marker, queue)


def turn(channel: Channel, marker: PathMarker, queue: ScoringQueue) -> None:
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
    channel.beat()


def _accept(channel: Channel, marker: PathMarker, queue: ScoringQueue, call: Call) -> None:
    try:
        paths = [marker.mark(*path) for path in call.payload.paths]
        query = Query(call.id, paths, call.payload.priority)
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
