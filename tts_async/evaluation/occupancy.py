"""How busy the lanes were, from the start of an evaluation to its end, in bounded memory.

The lanes are looked at several times a second. When there are more intervals than fit, each two
become one: the picture of a run of a day is coarser than that of a minute, and takes no more room.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tts_async.scheduler import Statistics

LANES: Final = ("generation", "verification")
LOOK_SECONDS: Final = 0.1
MOST_INTERVALS: Final = 600


@dataclass(slots=True)
class _Span:
    label: str
    start: float
    end: float | None = None


@dataclass(slots=True)
class Occupancy:
    """The share of each lane's capacity that was in use, per interval, and when each row ran.

    ``add`` takes one look at the lanes; ``recording`` takes them regularly while inside. Looks
    that come late count for the intervals they missed.
    """

    interval: float = LOOK_SECONDS
    most: int = MOST_INTERVALS
    _sums: dict[str, list[float]] = field(default_factory=lambda: {lane: [] for lane in LANES})
    _looks: list[int] = field(default_factory=list)
    _spans: list[_Span] = field(default_factory=list)

    def begin(self, label: str, at: float) -> None:
        """A row begins ``at`` seconds after the start; the one before it ends."""
        self.end(at)
        self._spans.append(_Span(label, at))

    def end(self, at: float) -> None:
        """The last row ends."""
        if self._spans and self._spans[-1].end is None:
            self._spans[-1].end = at

    def add(self, at: float, shares: Mapping[str, float]) -> None:
        """What is in use ``at`` seconds after the start, in [0, 1]; a missing lane is idle."""
        place = int(at / self.interval)
        while place >= self.most:
            self._halve()
            place = int(at / self.interval)
        for lane in LANES:
            share, values = shares.get(lane, 0.0), self._sums[lane]
            values.extend([share] * (place - len(values)))  # those that no look fell into
            if place == len(values):
                values.append(0.0)
            values[place] += share
        self._looks.extend([1] * (place - len(self._looks)))
        if place == len(self._looks):
            self._looks.append(0)
        self._looks[place] += 1

    @asynccontextmanager
    async def recording(
        self, statistics: Callable[[], Mapping[str, Statistics]]
    ) -> AsyncIterator[Callable[[], float]]:
        """Look at the lanes as long as this lasts; gives a clock of seconds since the start."""
        now = asyncio.get_running_loop().time
        start = now()

        async def look() -> None:
            while True:
                shares = {lane: state.share for lane, state in statistics().items()}
                self.add(now() - start, shares)
                await asyncio.sleep(LOOK_SECONDS)

        watch = asyncio.create_task(look())
        try:
            yield lambda: now() - start
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            self.end(now() - start)

    def to_dict(self) -> dict[str, Any]:
        """As plain data; empty when nothing was recorded."""
        if not self._looks:
            return {}
        means = {
            lane: [round(value / looks, 4) for value, looks in zip(sums, self._looks, strict=True)]
            for lane, sums in self._sums.items()
        }
        now = len(self._looks) * self.interval  # where a row that has not ended is by now
        rows = [
            {
                "label": span.label,
                "start_s": round(span.start, 3),
                "end_s": round(now if span.end is None else span.end, 3),
            }
            for span in self._spans
        ]
        return {"interval_s": self.interval, **means, "rows": rows}

    def _halve(self) -> None:
        """Make one interval of each two."""
        self.interval *= 2
        for lane, values in self._sums.items():
            self._sums[lane] = [sum(values[i : i + 2]) for i in range(0, len(values), 2)]
        self._looks = [sum(self._looks[i : i + 2]) for i in range(0, len(self._looks), 2)]
