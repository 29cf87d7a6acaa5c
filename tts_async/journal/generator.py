"""A generator that asks the journal first."""

import asyncio
from collections.abc import Sequence

from tts_async.journal.keys import expansion_key
from tts_async.journal.ledger import Ledger
from tts_async.types.generation import GenerationRequest, Generator, Step


class JournaledGenerator:
    """Draws what the journal does not know, and records it.

    What is asked for twice at the same time is drawn once. An answer that is none (too few
    continuations, log-probabilities missing) is handed on and not recorded: the search ends with
    its error, and asks anew when it is resumed.
    """

    def __init__(self, generator: Generator, ledger: Ledger) -> None:
        self._generator = generator
        self._ledger = ledger
        self._asking: dict[tuple[bytes, int], asyncio.Future[None]] = {}

    async def recall(self, request: GenerationRequest) -> Sequence[Step] | None:
        """The recorded continuations, if there are any."""
        return await self._ledger.find_steps(self._key(request), request.n)

    async def generate(self, request: GenerationRequest) -> Sequence[Step]:
        """The recorded continuations, or new ones; raises ``JournalError`` besides."""
        key = self._key(request)
        place = (key, request.n)
        while True:
            steps = await self._ledger.find_steps(key, request.n)
            if steps is not None:
                return steps
            twin = self._asking.get(place)
            if twin is None:
                break
            await asyncio.wait([twin])  # if it fails or is cancelled, one of us asks instead
        asking = self._asking[place] = asyncio.get_running_loop().create_future()
        try:
            return await self._ask(request, key)
        finally:
            del self._asking[place]
            asking.set_result(None)

    async def _ask(self, request: GenerationRequest, key: bytes) -> Sequence[Step]:
        steps = await self._generator.generate(request)
        self._ledger.statistics.asked_expansions += 1
        self._ledger.statistics.asked_tokens += sum(step.tokens for step in steps)
        if _is_sound(steps, request):
            await self._ledger.record_steps(request.problem, key, steps)
        return steps

    def _key(self, request: GenerationRequest) -> bytes:
        conversation = self._ledger.conversation(request.problem, request.system_prompt)
        return expansion_key(conversation, request)

    def __repr__(self) -> str:
        return f"<JournaledGenerator {self._generator!r}>"


def _is_sound(steps: Sequence[Step], request: GenerationRequest) -> bool:
    if len(steps) != request.n:
        return False
    return not request.logprobs or all(len(step.logprobs or ()) == step.tokens for step in steps)
