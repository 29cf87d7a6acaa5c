"""Keeps a lane at the knee of the server behind it.

A task that wakes up once in a while, puts together what the lane did and what the server says of
itself, and lets ``Knee`` decide. A window is long enough for the sequences in flight to have been
replaced once, so that their lengths average out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tts_async.scheduler.knee import START, Knee, Window
from tts_async.scheduler.lane import Lane
from tts_async.types.scheduling import ServerLoad

SHORTEST, LONGEST = 0.5, 15.0
"""Seconds of a window."""


@dataclass(frozen=True, slots=True)
class Tuner:
    """Adapts the capacity of ``lane``, which it has now, downwards and up again.

    ``load`` asks the server how busy it is.
    """

    lane: Lane
    load: Callable[[], Awaitable[ServerLoad]]

    async def run(self) -> None:
        """Until cancelled."""
        now = asyncio.get_running_loop().time
        load, highest = await self.load(), self.lane.statistics().capacity
        # A server that tells its queue says at once when it is too much; any other has to be tried.
        knee = Knee(highest=highest, start=START if load.waiting is None else highest)
        self.lane.resize(knee.capacity)
        began, refused = now(), load.overloads
        self.lane.take_traffic()
        while True:
            await asyncio.sleep(SHORTEST)
            load, seconds = await self.load(), now() - began
            enough = self.lane.traffic.sequences >= knee.capacity
            if not (enough or load.overloads > refused or seconds >= LONGEST):
                continue
            traffic = self.lane.take_traffic()
            window = Window(
                seconds=seconds,
                work=traffic.work,
                in_use=self.lane.statistics().in_use,
                saturated=traffic.saturated,
                overloads=load.overloads - refused,
                running=load.running,
                waiting=load.waiting,
            )
            self.lane.resize(knee.observe(window))
            began, refused = now(), load.overloads
