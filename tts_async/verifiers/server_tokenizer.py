"""A vLLM server's tokenizer: prompts of reward models in, token ids out.

The server has the model's vocabulary and chat template, so nothing of either is needed here. Each
piece of a prompt is asked for once and remembered: the problem for all of its paths, a step for all
of its descendants.
"""

import re
from collections.abc import Sequence

from tts_async.errors import ConfigurationError
from tts_async.http.async_cache import AsyncCache
from tts_async.http.transport import Transport
from tts_async.http.vllm_tokenize import encode, encode_chat, encode_text, parse_tokens
from tts_async.inference.families import Bos, Chat, Piece, Prompt, Text, Token

REMEMBERED_CHATS = 4096
REMEMBERED_TEXTS = 65_536

# How special tokens are spelled: <s>, <|im_end|>, <extra_0>, [INST].
MARK = re.compile(r"<[^<>\s][^<>\n]*>|\[[A-Z_/]+\]")
ZERO_WIDTH_SPACE = "\u200b"
FIRST_WORD = re.compile(r"[\W\d_]*[^\W\d_]+")

_Ids = tuple[int, ...]


class ServerTokenizer:
    """Asks ``/tokenize`` of the server behind ``transport`` in the name of ``model``."""

    def __init__(self, transport: Transport, model: str) -> None:
        self._transport = transport
        self._url = f"{transport.address.root}/tokenize"
        self._model = model
        # Conversations are long and texts many, so each has a memory of its own.
        self._chats = AsyncCache[Chat, _Ids](REMEMBERED_CHATS)
        self._texts = AsyncCache[Bos | Text | Token, _Ids](REMEMBERED_TEXTS)

    async def write(self, prompt: Prompt) -> _Ids:
        """The ids of all pieces, one after the other.

        Raises ``GenerationError``, and ``ConfigurationError`` for a token that it does not have.
        """
        return tuple([token for piece in prompt for token in await self._ids_of(piece)])

    async def id_of(self, text: str) -> int:
        """The id of a text that is one token; ``ConfigurationError`` where it is not."""
        return (await self._ids_of(Token(text)))[0]

    async def _ids_of(self, piece: Piece) -> _Ids:
        if isinstance(piece, Chat):
            return await self._chats.get(piece, self._chat_ids)
        return await self._texts.get(piece, self._text_ids)

    async def _chat_ids(self, chat: Chat) -> _Ids:
        messages = [
            {"role": role, "content": await self._harmless(content)}
            for role, content in chat.conversation
        ]
        body = encode_chat(self._model, messages, add_generation_prompt=chat.is_open)
        return await self._transport.post(self._url, body, parse_tokens)

    async def _text_ids(self, piece: Bos | Text | Token) -> _Ids:
        match piece:
            case Token(spelling):
                ids = await self._ask(spelling)
                if len(ids) != 1:
                    raise ConfigurationError(
                        f"base_url: to {self._model!r} at {self._transport.address}, {spelling!r}"
                        f" is {len(ids)} tokens instead of one, so it is not of this family; pass"
                        " family=..."
                    )
                return ids
            case Text(text):
                return await self._plain(text)
            case Bos():
                # What the tokenizer puts in front of a text of no length.
                body = encode({"model": self._model, "prompt": "", "add_special_tokens": True})
                return (await self._transport.post(self._url, body, parse_tokens))[:1]

    async def _ask(self, text: str) -> _Ids:
        body = encode_text(self._model, text)
        return await self._transport.post(self._url, body, parse_tokens)

    async def _plain(self, text: str) -> _Ids:
        """The ids of a text in which nothing is a special token, whatever it spells.

        ``/tokenize`` cannot be told so. But what is cut in two is no special token, and behind the
        first word of it tokenizers cut in any case.
        """
        marks = await self._marks_in(text) if MARK.search(text) else None
        parts = cut(text, marks) if marks else [text]
        return tuple([token for part in parts for token in await self._ask(part)])

    async def _harmless(self, content: str) -> str:
        """A turn of a chat that cannot pretend to be another one.

        Only the server can write the template, so the text has to change: a space of no width.
        """
        marks = await self._marks_in(content) if MARK.search(content) else None
        return ZERO_WIDTH_SPACE.join(cut(content, marks)) if marks else content

    async def _marks_in(self, text: str) -> set[str]:
        """The tokens of a text that may be special ones, by their looks."""
        plain = {"model": self._model, "prompt": text, "add_special_tokens": False}
        body = encode({**plain, "return_token_strs": True})
        spelled = await self._transport.post(self._url, body, _parse_spelling)
        return {token for token in spelled if MARK.fullmatch(token)}


def cut(text: str, marks: set[str]) -> Sequence[str]:
    """The parts of a text that is cut inside every mark, behind the mark's first word."""
    longest_first = sorted(map(re.escape, marks), key=len, reverse=True)
    parts, start = [], 0
    for mark in re.finditer("|".join(longest_first), text):
        word = FIRST_WORD.match(mark[0])
        end = mark.start() + (word.end() if word and word.end() < len(mark[0]) else 1)
        parts.append(text[start:end])
        start = end
    return [*parts, text[start:]]


def _parse_spelling(reply: object) -> list[str]:
    spelled = reply.get("token_strs") if isinstance(reply, dict) else None
    return [token for token in spelled or () if isinstance(token, str)]
