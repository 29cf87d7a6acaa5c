"""Noticing that a continuation has reached its stop string, without decoding every token.

Only a token that holds the stop's last character can complete it. A table says for every id
whether it does; the text is decoded and searched only after those, which for a step delimiter of
line breaks is once or twice per step.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tts_async.inference.chat_tokenizer import ChatTokenizer

UNDECODABLE = "\N{REPLACEMENT CHARACTER}"
NO_STOP = 0


class StopStrings:
    """Finds stop strings in the output of one model; each string is known by a small number."""

    def __init__(self, tokenizer: ChatTokenizer, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._numbers: dict[str | None, int] = {None: NO_STOP}
        self._may_end = np.zeros((1, vocabulary), dtype=np.bool_)

    def number(self, stop: str | None) -> int:
        """The number by which ``may_end`` knows a stop string."""
        if stop not in self._numbers:
            assert stop is not None
            self._may_end = np.vstack([self._may_end, self._enders(stop)])
            self._numbers[stop] = len(self._numbers)
        return self._numbers[stop]

    def may_end(self, numbers: NDArray[np.int64], ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each id may complete the stop string of that number."""
        return self._may_end[numbers, ids]

    def cut(self, ids: Sequence[int], stop: str) -> tuple[str, tuple[int, ...]] | None:
        """Text up to and including ``stop``, and ids that decode to it; None without a stop.

        A stop that ends inside a token cuts that token, so the step is tokenised anew.
        """
        text = self._tokenizer.decode(ids)
        start = text.find(stop)
        if start < 0:
            return None
        kept = text[: start + len(stop)]
        if kept == text:
            return text, tuple(ids)
        anew = self._tokenizer.encode(kept)
        return kept, tuple(anew) if self._tokenizer.decode(anew) == kept else ()

    def _enders(self, stop: str) -> NDArray[np.bool_]:
        enders = np.zeros(self._may_end.shape[1], dtype=np.bool_)
        last = stop[-1]
        # A character outside ASCII may be spread over tokens that are no text by themselves, and
        # some tokenizers drop a leading blank when they decode a lone token.
        signs = (last,) if last.isascii() else (last, UNDECODABLE)
        for number, piece in enumerate(self._tokenizer.pieces[: len(enders)]):
            enders[number] = last == " " or any(sign in piece for sign in signs)
        return enders
