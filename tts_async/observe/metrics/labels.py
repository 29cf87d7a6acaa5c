"""Values of labels, kept few whatever the events say.

Every value that was ever seen is a time series for good, in this process and in Prometheus.
"""

from typing import Final

from tts_async.observe.names import OTHER

ROOM: Final = 32


class Values:
    """The first ``room`` values as they are, any further one as ``other``."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._seen: set[str] = set()

    def bounded(self, value: str) -> str:
        """The value to count under."""
        if value not in self._seen:
            if len(self._seen) >= self._room:
                return OTHER
            self._seen.add(value)
        return value
