"""A vLLM server that holds a process reward model: the session, its tokenizer, its family.

Whatever the way to the scores, paths are written in the same manner: by the family's declaration,
as token ids, with the server's own tokenizer. Nothing is ever truncated.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from tts_async.errors import VerificationError
from tts_async.http.discovery import QUICK, ServedModel
from tts_async.http.retry import RetryPolicy
from tts_async.http.transport import Transport
from tts_async.http.vllm_tokenize import encode
from tts_async.inference.families import Family
from tts_async.inference.wire import Conversation
from tts_async.steps import DELIMITER
from tts_async.verifiers.server_tokenizer import ServerTokenizer

T = TypeVar("T")

Path = tuple[Conversation, tuple[str, ...]]
"""A conversation that ends with the problem, and the steps of a solution."""

PROBE: Final[Path] = ((("user", "What is 1+1?"),), ("1+1 = 2",))


class PRMServer:
    """``served`` is the model behind ``transport``, ``family`` says how it is to be asked."""

    def __init__(self, transport: Transport, served: ServedModel, family: Family) -> None:
        self.served = served
        self.family = family
        self.where = str(transport.address)
        self.tokenizer = ServerTokenizer(transport, served.id)
        self._transport = transport
        self._retry: RetryPolicy | None = None

    async def post(self, url: str, body: dict[str, Any], parse: Callable[[Any], T]) -> T:
        """Ask the model; ``url`` begins below the server's root. Raises ``GenerationError``."""
        content = encode({"model": self.served.id, **body})
        url = self._transport.address.root + url
        return await self._transport.post(url, content, parse, self._retry)

    @contextmanager
    def in_a_hurry(self) -> Iterator[None]:
        """Questions inside wait seconds for a server in trouble, not minutes."""
        self._retry = QUICK
        try:
            yield
        finally:
            self._retry = None

    async def write(
        self, conversation: Conversation, steps: Sequence[str], *, room: int = 0
    ) -> tuple[int, ...]:
        """The ids of the prompt that ends with the last step.

        ``room``: tokens that the answer needs behind it. Raises ``VerificationError`` for an empty
        step and for a path that does not fit, ``GenerationError`` for the rest.
        """
        for number, step in enumerate(steps, start=1):
            if step and not step.strip():  # no text at all is meant, see PathMarker
                raise VerificationError(f"step {number} of {len(steps)} is empty: {step!r}")
        plain = [step.removesuffix(DELIMITER) for step in steps]
        ids = await self.tokenizer.write(self.family.prompt(conversation, plain))
        limit = self.served.context_length
        if limit is not None and len(ids) + room > limit:
            raise VerificationError(
                f"the problem and its {len(steps)} steps take {len(ids) + room} tokens, "
                f"more than the verifier's context of {limit}"
            )
        return ids
