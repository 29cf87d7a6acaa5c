"""One replica: opened when it can be, asked whether it is well, interrupted when it is not."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol, cast

from tts_async.errors import GeneratorUnavailable
from tts_async.types.generation import GenerationRequest, Generator, Step

DEFAULT_CAPACITY = 256


class Probed(Protocol):
    """A generator that can be asked whether it is well."""

    async def probe(self, *, deep: bool = False) -> None:
        """Raise unless it answers and still serves the same; ``deep``: unless it generates."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What has to be the same everywhere for a path to be continued anywhere."""

    model: str | None
    context_length: int | None

    def __str__(self) -> str:
        length = "unknown" if self.context_length is None else f"{self.context_length} tokens"
        return f"{self.model!r} with a context of {length}"


class Replica:
    """A generator together with what is going on in it.

    ``expected`` is what it has to serve, once the group knows; a server that comes back with
    another model is as good as dead.
    """

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.capacity: int = getattr(generator, "capacity", DEFAULT_CAPACITY)
        self.name = str(getattr(generator, "base_url", None) or generator)
        self.expected: Identity | None = None
        self.is_open = False
        self._stack = AsyncExitStack()
        self._limits: set[asyncio.Timeout] = set()

    @property
    def identity(self) -> Identity:
        """What it serves."""
        model, length = (getattr(self.generator, a, None) for a in ("model", "context_length"))
        return Identity(model, length)

    @property
    def busy(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._limits)

    @property
    def can_be_asked(self) -> bool:
        """Whether the generator has a ``probe``; one that has none is judged by its requests."""
        return hasattr(self.generator, "probe")

    async def open(self) -> None:
        """Open the generator; raises what that raises."""
        if hasattr(self.generator, "__aenter__"):
            manager: Any = self.generator
            await self._stack.enter_async_context(manager)
        self.is_open = True

    async def aclose(self) -> None:
        """Close the generator, if it is open."""
        self.is_open = False
        await self._stack.aclose()

    async def probe(self, seconds: float, *, deep: bool = False) -> None:
        """Return when all is well, raise when it is not; a closed one is opened.

        ``deep`` asks for a token: half a server answers every question but that. ``seconds`` is how
        long it may take.
        """
        if not self.is_open:
            await self.open()
            if self.expected is not None and self.identity != self.expected:
                await self.aclose()
                raise GeneratorUnavailable(
                    f"{self.name}: serves {self.identity}, the others {self.expected}"
                )
        if self.can_be_asked:
            async with asyncio.timeout(seconds):
                await cast("Probed", self.generator).probe(deep=deep)

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As the generator does, until ``interrupt``: then it raises ``GeneratorUnavailable``."""
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limits.add(limit)
                return [*await self.generator.generate(request)]
        except TimeoutError:
            if not limit.expired():
                raise
            raise GeneratorUnavailable(f"{self.name}: stopped answering") from None
        finally:
            self._limits.discard(limit)

    def interrupt(self) -> None:
        """End everything that waits for an answer that will not come."""
        limits, self._limits = self._limits, set()
        for limit in limits:
            limit.reschedule(asyncio.get_running_loop().time())
