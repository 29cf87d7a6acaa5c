"""Run a stream of problems with a bounded number in flight."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
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
    fetch: asyncio.Task[Any] | None = None
    running: dict[asyncio.Task[Any], None] = {}  # ordered by admission
    exhausted = False
    try:
        while True:
            if fetch is None and not exhausted and len(running) < limit:
                fetch = asyncio.create_task(_next(source))
            tasks = [task for task in (*running, fetch) if task is not None]
            if not tasks:
                return
            if not _ready(running, ordered=ordered) and not (fetch is not None and fetch.done()):
                pending = [task for task in tasks if not task.done()]
                await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            if fetch is not None and fetch.done():
                item = fetch.result()
                fetch = None
                exhausted = item is _END
                if not exhausted:
                    running[asyncio.create_task(_call(run, item))] = None
            for task in _ready(running, ordered=ordered):
                del running[task]
                yield task.result()
    finally:
        tasks = [task for task in (*running, fetch) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def take_until(
    items: Iterable[T] | AsyncIterable[T], is_over: Callable[[], bool]
) -> AsyncGenerator[T, None]:
    """The items, as long as ``is_over`` says no."""
    source = aiter(items) if isinstance(items, AsyncIterable) else _walk(items)
    while not is_over() and (item := await _next(source)) is not _END:
        yield cast("T", item)


_END = object()


def _ready(running: dict[asyncio.Task[Any], None], *, ordered: bool) -> list[asyncio.Task[Any]]:
    """The tasks whose results may be yielded now."""
    ready = []
    for task in running:
        if task.done():
            ready.append(task)
        elif ordered:
            break
    return ready


async def _next(source: AsyncIterator[T]) -> T | object:
    return await anext(source, _END)


async def _call(run: Callable[[T], Awaitable[R]], item: T) -> R:
    return await run(item)


async def _walk(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item
