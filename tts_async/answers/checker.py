"""One set of rules for answers: what a text answers, and which answers are the same.

By default the rules are those of mathematics: the last box of a text, and equality by worth. Other
tasks bring their own as plain functions; either one can be replaced without the other.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tts_async.answers.custom import Compare, CustomEquality, CustomExtraction, Extract
from tts_async.answers.extract import extract_answer, has_final_answer
from tts_async.answers.mathematics import Mathematics
from tts_async.answers.referee import Statistics


class AnswerChecker:
    """Extracts, compares and groups answers; an async context manager.

    ``extract(text)`` returns the answer in the text of a solution, or ``None`` where it has none;
    without it, it is the last complete box or a plainly stated answer. ``compare(a, b)`` tells
    whether two answers, as extracted, are the same; without it they are compared as mathematics.
    Both may be coroutine functions; others run in a thread, so they may block. They are called
    once for each text and pair, and nothing but they limits their time. Where they raise, or
    return something else, ``AnswerError`` is raised.

    Mathematics: equal writings and plain numbers are decided at once. One worker process starts
    with the first pair that needs more; ``time_limit`` in seconds bounds one comparison, and a
    pair that exceeds it counts as not equal from then on. ``memory`` is the number of rulings
    remembered, also of your own functions. Any number of callers may use a checker at one time.
    """

    def __init__(
        self,
        *,
        extract: Extract | None = None,
        compare: Compare | None = None,
        time_limit: float = 5.0,
        memory: int = 65_536,
    ) -> None:
        self._mathematics = Mathematics(time_limit=time_limit, memory=memory)
        self._equality: Mathematics | CustomEquality = self._mathematics
        if compare is not None:
            self._equality = CustomEquality(compare, memory)
        self._extraction = None if extract is None else CustomExtraction(extract, memory)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the process; safe to call twice."""
        await self._mathematics.aclose()

    @property
    def is_custom(self) -> bool:
        """Whether functions of the user decide: nobody knows if they are the same tomorrow."""
        return self._extraction is not None or self._equality is not self._mathematics

    @property
    def pid(self) -> int | None:
        """Id of the worker process, if one runs."""
        return self._mathematics.pid

    def statistics(self) -> Statistics:
        """What was asked of the process so far."""
        return self._mathematics.statistics()

    def is_final(self, step: str) -> bool:
        """Whether a step holds a final answer behind which no other is to be expected.

        That is a complete box; where you extract answers yourself, only the model knows.
        """
        return self._extraction is None and has_final_answer(step)

    async def extract(self, texts: Sequence[str]) -> list[str | None]:
        """The answer in each text; ``None`` abstains."""
        if self._extraction is None:
            return [extract_answer(text) for text in texts]
        return await self._extraction.extract(texts)

    async def equal(self, a: str, b: str) -> bool:
        """Whether two answers are the same; the reference answer first, where one of them is it.

        Mathematics does not care which comes first. Raises ``WorkerError`` and ``AnswerError``.
        """
        return await self._equality.equal(a, b)

    async def group(self, answers: Sequence[str | None]) -> list[int | None]:
        """One group number per answer, in order of first appearance.

        ``None`` and blank answers abstain: their number is ``None``. Groups of mathematics do not
        depend on the order of the answers; with your own ``compare`` each answer joins the first
        group whose first member it is equal to. Raises ``WorkerError`` and ``AnswerError``.
        """
        return await self._equality.group(answers)

    def __repr__(self) -> str:
        extract = f" extract={self._extraction}" if self._extraction else ""
        compare = f" compare={self._equality}" if self._equality is not self._mathematics else ""
        return f"<AnswerChecker{extract}{compare} {self._mathematics!r}>"
