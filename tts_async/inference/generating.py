"""The generator's child process: calls come in, continuations go out, decoding never pauses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import torch

from tts_async.errors import GenerationError, PromptTooLong, TTSError, describe
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.continuous_batch import ContinuousBatch, Job
from tts_async.inference.language_model import (
    LanguageModel,
    end_ids,
    load_language_model,
)
from tts_async.inference.wire import STATISTICS, Ask
from tts_async.worker import Call, Cancel, Channel, Message


def serve(
    channel: Channel, *, model: str, device: str, dtype: str, capacity: int, threads: int
) -> NoReturn:
    """Load a model folder, then answer calls until the parent closes the pipe."""
    torch.set_num_threads(threads)
    folder = Path(model)
    target = {"dtype": getattr(torch, dtype), "device": torch.device(device)}
    network = load_language_model(folder, **target)
    with torch.inference_mode():
        network.prefill([[0, 0]])  # weights that contradict their config fail here and now
    tokenizer = ChatTokenizer(folder)
    batch = ContinuousBatch(
        network, tokenizer, capacity=capacity, end_ids=end_ids(folder, tokenizer.end_id)
    )
    channel.ready({"context_length": network.context_length})
    engine = Engine(channel, network, tokenizer, batch)
    while True:
        engine.turn()


class Engine:
    """Carries messages between the channel and the batch."""

    def __init__(
        self,
        channel: Channel,
        model: LanguageModel,
        tokenizer: ChatTokenizer,
        batch: ContinuousBatch,
    ) -> None:
        self._channel, self._model = channel, model
        self._tokenizer, self._batch = tokenizer, batch

    def turn(self) -> None:
        """Take what has arrived (waiting only when there is nothing else to do), then step."""
        for message in self._arrived():
            match message:
                case Cancel(id=number):
                    self._batch.cancel(number)
                case Call(id=number, payload=Ask() as ask):
                    self._accept(number, ask)
                case Call(id=number, payload=payload):
                    assert payload == STATISTICS
                    self._channel.reply(number, self._statistics())
        for job in self._batch.step():
            self._channel.reply(job.id, [job.steps[index] for index in range(job.n)])

    def _arrived(self) -> Iterator[Message]:
        if self._batch.idle:
            yield self._channel.receive()
        yield from self._channel.pending()

    def _accept(self, number: int, ask: Ask) -> None:
        try:
            path = self._path(ask)
        except TTSError as error:
            self._channel.fail(number, error)
        except Exception as error:  # noqa: BLE001 - a text or template that nobody foresaw
            reason = f"cannot turn this request into tokens: {describe(error)}"
            self._channel.fail(number, GenerationError(reason))
        else:
            self._batch.add(
                Job(number, path, ask.n, ask.stop, ask.sampling, ask.seed, ask.logprobs)
            )

    def _path(self, ask: Ask) -> tuple[int, ...]:
        prompt = self._tokenizer.prompt_ids(ask.conversation)
        path = (*prompt, *(ask.path_ids or self._tokenizer.encode(ask.path_text)))
        limit, vocabulary = self._model.context_length, self._model.vocabulary
        if not path:
            raise GenerationError("the chat template makes nothing of this problem")
        if len(path) >= limit:
            raise PromptTooLong(
                f"the prompt and the path so far take {len(path)} tokens, "
                f"which leaves no room in the model's context of {limit}"
            )
        if not 0 <= min(path) <= max(path) < vocabulary:
            raise GenerationError(f"token ids outside the model's vocabulary of {vocabulary}")
        return path

    def _statistics(self) -> dict[str, Any]:
        return {
            **self._batch.counts,
            "running": self._batch.running,
            "waiting": len(self._batch.waiting),
        }
