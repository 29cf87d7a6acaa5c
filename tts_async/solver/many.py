"""Run a stream of problems with a bounded number in flight."""

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from typing import Any, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


async def run_many(
    items: Iterable[T] | AsyncIterable[T],
    run: Callable[[T], Awaitable[R]],
    *,
    limit: int,
    ordered: bool,
) -> AsyncGenerator[R, None]:
    """Yield ``await run(item)`` for every item, at most ``limit`` of them held at a time.

    An item counts until its result was yielded, so a slow consumer slows the reading down
    instead of filling memory. The first exception cancels the rest and is raised.
    """
    source = aiter(items) if isinstance(items, AsyncIterable) else _walk(items)
    working = _Working(ordered=ordered)
    fetch: asyncio.Task[Any] | None = None
    exhausted = False
    try:
        while True:
            if fetch is None and not exhausted and len(working) < limit:
                fetch = asyncio.create_task(_next(source))
                fetch.add_done_callback(working.wake)
            if fetch is None and not len(working):
                return
            if fetch is not None and fetch.done():
                item, fetch = fetch.result(), None
                exhausted = item is _END
                if not exhausted:
                    working.add(asyncio.create_task(_call(run, item)))
            elif (task := working.take()) is not None:
                yield task.result()
            else:
                await working.wait()
    finally:
        tasks = [*working] if fetch is None else [*working, fetch]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class _Working:
    """Tasks under way, handed out when they are done; what that costs does not grow with them.

    ``ordered``: in the order in which they were added, otherwise in that in which they ended.
    """

    def __init__(self, *, ordered: bool) -> None:
        self._ordered = ordered
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._done: deque[asyncio.Task[Any]] = deque()
        self._changed = asyncio.Event()

    def add(self, task: asyncio.Task[Any]) -> None:
        self._tasks[task] = None
        if not self._ordered:
            task.add_done_callback(self._done.append)
        task.add_done_callback(self.wake)

    def take(self) -> asyncio.Task[Any] | None:
        """The next one that is done, if any; it is gone from here."""
        line = self._tasks if self._ordered else self._done
        task = next(iter(line), None)
        if task is None or not task.done():
            return None
        if not self._ordered:
            self._done.popleft()
        del self._tasks[task]
        return task

    def wake(self, _: object = None) -> None:
        """Let ``wait`` return."""
        self._changed.set()

    async def wait(self) -> None:
        """Until something has changed since the last time."""
        await self._changed.wait()
        self._changed.clear()

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[asyncio.Task[Any]]:
        return iter(self._tasks)


async def take_until(
    items: Iterable[T] | AsyncIterable[T], is_over: Callable[[], bool]
) -> AsyncGenerator[T, None]:
    """The items, as long as ``is_over`` says no."""
    source = aiter(items) if isinstance(items, AsyncIterable) else _walk(items)
    while not is_over() and (item := await _next(source)) is not _END:
        yield cast("T", item)


async def with_seeds(
    items: Iterable[T] | AsyncIterable[T], seeds: Sequence[int | None]
) -> AsyncGenerator[tuple[T, int | None], None]:
    """Every item with the first seed, then every item with the second, and so on."""
    source = aiter(items) if isinstance(items, AsyncIterable) else _walk(items)
    again: list[T] = []
    async for item in source:
        if len(seeds) > 1:  # an endless stream with one seed must not fill memory
            again.append(item)
        yield item, seeds[0]
    for seed in seeds[1:]:
        for item in again:
            yield item, seed


_END = object()


async def _next(source: AsyncIterator[T]) -> T | object:
    return await anext(source, _END)


async def _call(run: Callable[[T], Awaitable[R]], item: T) -> R:
    return await run(item)


async def _walk(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item
