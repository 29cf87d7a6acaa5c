"""A bounded cache whose missing entries are asked for once, however many wait for them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from tts_async.lru import LruDict

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Question:
    """A request under way: who asked first sends it, the others wait for its end."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.error: Exception | None = None


class AsyncCache(Generic[K, V]):
    """The ``size`` entries used last."""

    def __init__(self, size: int) -> None:
        self._entries: LruDict[K, V] = LruDict(size)
        self._open: dict[K, _Question] = {}

    def peek(self, key: K) -> V | None:
        """The entry, where there is one."""
        return self._entries.get(key)

    async def get(self, key: K, load: Callable[[K], Awaitable[V]]) -> V:
        """The entry, from ``load`` where there is none.

        An error of ``load`` reaches everyone who waits for it. The cancellation of the one who
        asked first does not: the next in line asks again.
        """
        while (entry := self.peek(key)) is None:
            question = self._open.get(key)
            if question is None:
                return await self._ask(key, load)
            await question.over.wait()
            if question.error is not None:
                raise type(question.error)(*question.error.args) from question.error
        return entry

    async def _ask(self, key: K, load: Callable[[K], Awaitable[V]]) -> V:
        question = self._open[key] = _Question()
        try:
            entry = await load(key)
        except Exception as error:
            question.error = error
            raise
        finally:
            del self._open[key]
            question.over.set()
        self._entries[key] = entry
        return entry

    def __len__(self) -> int:
        return len(self._entries)
