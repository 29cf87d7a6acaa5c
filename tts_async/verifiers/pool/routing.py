"""Which worker gets a call: decisions only, no waiting.

A problem stays where it was first scored, because the keys and values of its paths are in that
worker's memory. It moves when its worker cannot take calls, and lends a call to another when its
own is full. A new problem goes where the fewest paths are in flight, and of equals to the one that
has waited longest for a new problem.
"""

from collections.abc import Sequence

from tts_async.lru import LruDict
from tts_async.verifiers.pool.member import Member

MOST_HOMES = 4096
"""Problems whose worker is remembered; a forgotten one costs its prompt once more."""


class Router:
    """Remembers the home of every problem that was heard of lately."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._homes: LruDict[str, Member] = LruDict(MOST_HOMES)
        self._settled = dict.fromkeys(members, 0)

    def choose(self, problem_id: str, paths: int) -> Member | None:
        """The worker for a call of so many paths; ``None`` when none can take one now."""
        usable = [member for member in self._members if member.usable]
        if not usable:
            return None
        home = self._homes.get(problem_id)
        if home is None or not home.usable:
            home = self._homes[problem_id] = min(usable, key=self._load)
            self._settled[home] = max(self._settled.values()) + 1
        if home.has_room(paths):
            return home
        return min((m for m in usable if m.has_room(paths)), key=self._load, default=home)

    def _load(self, member: Member) -> tuple[float, int]:
        return member.in_flight / member.worker.capacity, self._settled[member]
