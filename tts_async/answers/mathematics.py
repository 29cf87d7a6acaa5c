"""Which answers are mathematically the same.

math-verify's equality is not transitive (it rounds floats, drops units, takes 50 % for 50 and for
0.5), so groups cannot simply be chained together: "0.5 = 50 % = 50" would make 0.5 vote for 50.
Instead the distinct answers are ranked by writing alone, plain numbers first, then the shorter;
the first of them leads a group and takes in every later one that is equal to *it*; the first of
the rest leads the next group, and so on. The result is a partition, does not depend on the order
in which the answers came, never merges two different numbers, and every member was found
equal to its leader. Connected components would be order-independent too, but chain; first come,
first lead neither chains nor is order-independent.
"""

import asyncio
from collections.abc import Sequence

from tts_async.answers.normal import Normal, decide, normal_form
from tts_async.answers.referee import Question, Referee, Statistics
from tts_async.errors import ConfigurationError

MATH_PROCESS = "tts_async.answers.math_process:serve"


class Mathematics:
    """Compares and groups answers as mathematics; owns one worker process.

    Equal writings and plain numbers are decided at once. The process starts with the first pair
    that needs mathematics; ``time_limit`` in seconds bounds one comparison, and a pair that
    exceeds it counts as not equal from then on. ``memory`` is the number of rulings remembered.
    Any number of callers may use it at the same time.
    """

    def __init__(self, *, time_limit: float, memory: int) -> None:
        if not time_limit > 0:
            raise ConfigurationError(f"time_limit: must be positive, got {time_limit!r} seconds")
        if memory < 1:
            raise ConfigurationError(f"memory: must be at least 1, got {memory!r}")
        self._referee = Referee(MATH_PROCESS, time_limit=time_limit, memory=memory)

    async def aclose(self) -> None:
        """End the process; safe to call twice."""
        await self._referee.aclose()

    @property
    def pid(self) -> int | None:
        """Id of the worker process, if one runs."""
        return self._referee.pid

    def statistics(self) -> Statistics:
        """What was asked of the process so far."""
        return self._referee.statistics()

    async def equal(self, a: str, b: str) -> bool:
        """Whether two answers are the same; symmetric. Raises ``WorkerError``."""
        (same,) = await self._compare(normal_form(a), [normal_form(b)])
        return same

    async def group(self, answers: Sequence[str | None]) -> list[int | None]:
        """One group number per answer, in order of first appearance; raises ``WorkerError``.

        ``None`` and blank answers abstain: their number is ``None``.
        """
        forms = [normal_form(answer) if answer is not None else None for answer in answers]
        rest = sorted({form for form in forms if form and form.plain}, key=lambda form: form.rank)
        leaders: dict[Normal, Normal] = {}
        while rest:
            leader = rest[0]
            same = await self._compare(leader, rest)
            leaders |= {form: leader for form, is_same in zip(rest, same, strict=True) if is_same}
            rest = [form for form, is_same in zip(rest, same, strict=True) if not is_same]
        numbers: dict[Normal, int] = {}
        return [
            numbers.setdefault(leaders[form], len(numbers)) if form and form.plain else None
            for form in forms
        ]

    async def _compare(self, one: Normal, others: Sequence[Normal]) -> list[bool]:
        """Whether ``one`` equals each of the others."""
        seen = [decide(one, other) for other in others]
        hard = [other for other, same in zip(others, seen, strict=True) if same is None]
        if not hard:
            await asyncio.sleep(0)  # hundreds of rounds of easy ones must not block the loop
            return [bool(same) for same in seen]
        suspects = [one, *hard]
        trials = await self._referee.rule([(form.latex,) for form in suspects])
        sound = {form for form, survived in zip(suspects, trials, strict=True) if survived}
        pairs = [_pair(one, other) for other in hard if one in sound and other in sound]
        rulings = dict(zip(pairs, await self._referee.rule(pairs), strict=True))
        return [
            rulings.get(_pair(one, other), False) if same is None else same
            for other, same in zip(others, seen, strict=True)
        ]

    def __repr__(self) -> str:
        state = f"pid={self.pid}" if self.pid else "no process"
        return f"<Mathematics {state}, {self.statistics()}>"


def _pair(a: Normal, b: Normal) -> Question:
    return (a.latex, b.latex) if a.rank <= b.rank else (b.latex, a.latex)
