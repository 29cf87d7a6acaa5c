"""Answers of other tasks (code, text, a choice): extraction and comparison by the user's functions.

Nothing is assumed of a comparison: it may take an answer for equal to two others that differ, or
see a pair one way only. Each answer joins the first group, in the order given, whose *first* member
it is equal to. That is a partition, it is the same every time, and what comes later never changes
the groups of what came before.
"""

import asyncio
import inspect
import reprlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tts_async.concurrency import gather
from tts_async.errors import AnswerError, ConfigurationError, describe
from tts_async.lru import LruDict

Extract = Callable[[str], "str | Awaitable[str | None] | None"]
"""From the text of a solution to its answer."""

Compare = Callable[[str, str], "bool | Awaitable[bool]"]
"""From two answers to whether they are the same."""


class CustomExtraction:
    """Finds answers with ``function(text)``, asked once for each text."""

    def __init__(self, function: Extract, memory: int) -> None:
        self._function = _UserFunction("extract", function, "a string or None", (str, type(None)))
        self._known: LruDict[str, str | None] = LruDict(memory)

    async def extract(self, texts: Sequence[str]) -> list[str | None]:
        """The answer in each text."""
        different = list(dict.fromkeys(texts))
        answers = await gather(*map(self._extract, different))
        found = dict(zip(different, answers, strict=True))
        return [found[text] for text in texts]

    async def _extract(self, text: str) -> str | None:
        if text not in self._known:
            self._known[text] = await self._function(text)
        return self._known[text]

    def __str__(self) -> str:
        return self._function.name


class CustomEquality:
    """Compares answers with ``function(a, b)``, asked once for each pair."""

    def __init__(self, function: Compare, memory: int) -> None:
        self._function = _UserFunction("compare", function, "True or False", (bool,))
        self._known: LruDict[tuple[str, str], bool] = LruDict(memory)

    async def equal(self, a: str, b: str) -> bool:
        """Whether two answers are the same; equal writings always are."""
        if a == b:
            return True
        if (a, b) not in self._known:
            self._known[a, b] = await self._function(a, b)
        return self._known[a, b]

    async def group(self, answers: Sequence[str | None]) -> list[int | None]:
        """One group number per answer; ``None`` for ``None`` and for blanks."""
        rest = list(dict.fromkeys(answer for answer in answers if answer and answer.strip()))
        numbers: dict[str, int] = {}
        number = 0
        while rest:
            leader = rest[0]
            same = await gather(*(self.equal(leader, other) for other in rest))
            numbers |= {a: number for a, is_same in zip(rest, same, strict=True) if is_same}
            rest = [a for a, is_same in zip(rest, same, strict=True) if not is_same]
            number += 1
        return [numbers.get(answer) if answer is not None else None for answer in answers]

    def __str__(self) -> str:
        return self._function.name


class _UserFunction:
    """Calls a function that may be anything, and says which one it was when it goes wrong."""

    def __init__(
        self, role: str, function: Callable[..., Any], wanted: str, kinds: tuple[type, ...]
    ) -> None:
        if not callable(function):
            raise ConfigurationError(f"{role}: {function!r} is not callable; pass a function")
        self._role, self._function = role, function
        self._wanted, self._kinds = wanted, kinds
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 - the method itself is inspected
        )

    @property
    def name(self) -> str:
        """Where the function is from; what it looks like, if it has no name."""
        module = getattr(self._function, "__module__", None)
        name = getattr(self._function, "__qualname__", None)
        return f"{module}.{name}" if name else repr(self._function)

    async def __call__(self, *arguments: str) -> Any:
        try:
            if self._is_async:
                outcome: Any = self._function(*arguments)
            else:
                outcome = await asyncio.to_thread(self._function, *arguments)
            if inspect.isawaitable(outcome):
                outcome = await outcome
        except Exception as error:
            raise self._failure(f"raised {describe(error)}", arguments) from error
        if not isinstance(outcome, self._kinds):
            said = f"returned {reprlib.repr(outcome)} instead of {self._wanted}"
            raise self._failure(said, arguments)
        return outcome

    def _failure(self, what: str, arguments: tuple[str, ...]) -> AnswerError:
        given = " and ".join(map(_short.repr, arguments))
        return AnswerError(f"{self._role}: {self.name} {what}, for {given}")


_short = reprlib.Repr()
_short.maxstring = 80
