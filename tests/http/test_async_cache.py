"""What is missing is asked for once, whoever waits, fails or is cancelled."""

import asyncio

import pytest

from tts_async.errors import GeneratorUnavailable
from tts_async.http.async_cache import AsyncCache


class Source:
    """Loads slowly and counts."""

    def __init__(self) -> None:
        self.loads = 0
        self.error: Exception | None = None

    async def load(self, key: str) -> str:
        """The key in capitals, after a moment."""
        self.loads += 1
        await asyncio.sleep(0.001)
        if self.error is not None:
            raise self.error
        return key.upper()


async def test_concurrent_first_calls_share_one_load() -> None:
    """Twenty callers, one load."""
    cache, source = AsyncCache[str, str](4), Source()
    assert await asyncio.gather(*(cache.get("a", source.load) for _ in range(20))) == ["A"] * 20
    assert source.loads == 1


async def test_the_next_in_line_takes_over_from_a_cancelled_caller() -> None:
    """Cancelling who asked first costs the others one more load and nothing else."""
    cache, source = AsyncCache[str, str](4), Source()
    tasks = [asyncio.create_task(cache.get("a", source.load)) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [r for r in results if not isinstance(r, BaseException)] == ["A"] * 3
    assert source.loads == 2


async def test_an_error_reaches_everyone_and_is_not_kept() -> None:
    """All who wait hear of it at once instead of failing one after the other."""
    cache, source = AsyncCache[str, str](4), Source()
    source.error = GeneratorUnavailable("gone")
    calls = (cache.get("a", source.load) for _ in range(5))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [str(r) for r in results] == ["gone"] * 5
    assert all(isinstance(r, GeneratorUnavailable) for r in results)
    assert source.loads == 1
    source.error = None
    assert await cache.get("a", source.load) == "A"


async def test_keeps_what_was_used_last() -> None:
    """The least recently used entry goes first."""
    cache, source = AsyncCache[str, str](2), Source()
    for key in ("a", "b", "a", "c"):
        await cache.get(key, source.load)
    assert (cache.peek("a"), cache.peek("b"), cache.peek("c"), len(cache)) == ("A", None, "C", 2)


async def test_an_empty_value_is_a_value() -> None:
    """A token without text is not asked for again."""
    cache, source = AsyncCache[str, str](2), Source()
    for _ in range(2):
        assert await cache.get("", source.load) == ""
    assert source.loads == 1


def test_a_cancelled_lone_caller_leaves_nothing() -> None:
    """No half-open question stays behind."""

    async def main() -> None:
        cache, source = AsyncCache[str, str](2), Source()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.get("a", source.load), 0)
        assert await cache.get("a", source.load) == "A"

    asyncio.run(main())
