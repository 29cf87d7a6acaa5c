"""The token bucket: so much per minute, at most a minute's worth at once."""


class Bucket:
    """Fills up at a constant rate, and may be overdrawn: what was spent in excess is waited for.

    Moments are in seconds of one clock, which the caller reads.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self.per_minute = per_minute
        self._level = float(per_minute)
        self._filled = now

    def wait(self, units: float, now: float) -> float:
        """Seconds until ``units`` are there; a full bucket is enough for whatever is asked."""
        self._fill(now)
        missing = min(units, self.per_minute) - self._level
        return max(0.0, missing * 60 / self.per_minute)

    def take(self, units: float, now: float) -> None:
        """Spend ``units``; a negative number gives back."""
        self._fill(now)
        self._level = min(self._level - units, self.per_minute)

    def _fill(self, now: float) -> None:
        """The rate may have changed since."""
        grown = self._level + (now - self._filled) * self.per_minute / 60
        self._level = min(grown, self.per_minute)
        self._filled = now
