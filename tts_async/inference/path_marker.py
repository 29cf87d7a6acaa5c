"""A problem and its steps as token ids, and the places where the steps' scores are read."""

from collections.abc import Sequence
from functools import lru_cache

from tts_async.errors import ConfigurationError, VerificationError
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.families import Bos, Chat, Family, Piece, Text, Token
from tts_async.inference.path_scorers import MarkedPath
from tts_async.inference.wire import Conversation
from tts_async.steps import DELIMITER

REMEMBERED_PATHS = 2048

Ids = tuple[int, ...]


class PathMarker:
    """Writes paths as a family declares it.

    The ids of pieces are joined, never their texts: joined text would be cut into other tokens,
    and the scores would be worse. Nothing is ever truncated.
    """

    def __init__(self, tokenizer: ChatTokenizer, family: Family, *, context_length: int) -> None:
        self._tokenizer = tokenizer
        self._family = family
        self._limit = context_length
        self._path_ids = lru_cache(REMEMBERED_PATHS)(self._write)

    def mark(self, conversation: Conversation, steps: Sequence[str]) -> MarkedPath:
        """Raises ``VerificationError`` for a blank step and for a path that does not fit.

        A step of no text at all, not even a delimiter, is meant, and scored like any other.

        ``ends`` has one place per step; a model that judges whole answers has one place for all.
        """
        texts = tuple(step.removesuffix(DELIMITER) for step in steps)
        for number, step in enumerate(steps, start=1):
            if step and not step.strip():
                raise VerificationError(f"step {number} of {len(steps)} is empty: {step!r}")
        if not texts:
            return MarkedPath((), ())
        if self._family.is_outcome:
            ids = self._path_ids(conversation, texts)
            ends = [len(ids) - 1] * len(texts)
        else:
            ids, ends = self._grow(conversation, texts)
        if len(ids) > self._limit:
            raise VerificationError(
                f"the problem and its {len(steps)} steps take {len(ids)} tokens, "
                f"more than the verifier's context of {self._limit}"
            )
        return MarkedPath(ids, tuple(ends))

    def _grow(self, conversation: Conversation, texts: tuple[str, ...]) -> tuple[Ids, list[int]]:
        """The ids of the whole path, and the last place of each of its beginnings."""
        ids: Ids = ()
        ends = []
        for count in range(1, len(texts) + 1):
            longer = self._path_ids(conversation, texts[:count])
            if longer[: len(ids)] != ids:
                raise VerificationError(
                    f"the tokens up to step {count - 1} are not the beginning of those up to "
                    f"step {count}; this chat template does not suit a {self._family.name} model"
                )
            ids = longer
            ends.append(len(ids) - 1)
        return ids, ends

    def _write(self, conversation: Conversation, texts: tuple[str, ...]) -> Ids:
        """Only the pieces of the last step are new, where a family writes in pieces."""
        prompt = self._family.prompt(conversation, texts)
        known: Ids = ()
        if len(texts) > 1:
            shorter = self._family.prompt(conversation, texts[:-1])
            if prompt[: len(shorter)] == shorter:
                prompt, known = prompt[len(shorter) :], self._path_ids(conversation, texts[:-1])
        return (*known, *(token for piece in prompt for token in self._encode(piece)))

    def _encode(self, piece: Piece) -> Sequence[int]:
        match piece:
            case Text(text):
                return self._tokenizer.encode_plain(text)
            case Chat(conversation, is_open):
                return self._tokenizer.chat_ids(conversation, is_open=is_open)
            case Bos():
                return self._tokenizer.begin_ids
            case Token(spelling):
                found = self._tokenizer.id_of(spelling)
                if found is None:
                    raise ConfigurationError(f"the verifier's tokenizer has no {spelling} token")
                return (found,)
