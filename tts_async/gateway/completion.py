"""Completions and their chunks in OpenAI's shape, with the extension ``tts``."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tts_async.gateway.outcome import Outcome
from tts_async.version import __version__

Chunk = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What all parts of one answer have in common. ``model`` is as the client wrote it."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, outcome: Outcome) -> dict[str, Any]:
        """A completion that does not stream."""
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": choice.text, "refusal": None},
                "logprobs": None,
                "finish_reason": choice.finish_reason,
            }
            for index, choice in enumerate(outcome.choices)
        ]
        return self._frame("chat.completion", choices, usage=outcome.usage, tts=outcome.extension)

    def begin(self, index: int = 0) -> Chunk:
        """The first chunk of a choice."""
        return self._chunk(index, {"role": "assistant", "content": ""})

    def reasoning(self, text: str) -> Chunk:
        """How the search goes, where clients look for a model's thoughts."""
        return self._chunk(0, {"reasoning_content": text})

    def answer(self, outcome: Outcome) -> Iterator[Chunk]:
        """The rest of all choices, the first one begun already; the last chunk has ``tts``."""
        last = len(outcome.choices) - 1
        for index, choice in enumerate(outcome.choices):
            if index:
                yield self.begin(index)
            yield self._chunk(index, {"content": choice.text})
            more = {"tts": outcome.extension} if index == last else {}
            yield self._chunk(index, {}, choice.finish_reason, **more)

    def usage(self, outcome: Outcome) -> Chunk:
        """What comes last where a client asked for it."""
        return self._frame("chat.completion.chunk", [], usage=outcome.usage)

    def _chunk(
        self, index: int, delta: dict[str, str], finish_reason: str | None = None, **more: Any
    ) -> Chunk:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._frame("chat.completion.chunk", [choice], **more)

    def _frame(self, kind: str, choices: list[Any], **more: Any) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": f"tts-async-{__version__}",
            "choices": choices,
            **more,
        }
