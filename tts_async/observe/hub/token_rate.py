"""How many tokens came in each of the last seconds."""

SECONDS = 60


class TokenRate:
    """Counts per second, for one minute. Times are in seconds and do not go back."""

    def __init__(self) -> None:
        self._counts = [0] * SECONDS
        self._second = 0

    def add(self, tokens: int, at: float) -> None:
        """So many have come now."""
        self._move_to(int(at))
        self._counts[self._second % SECONDS] += tokens

    def last_minute(self, now: float) -> list[int]:
        """Of each second, the newest last; that one is not over yet."""
        self._move_to(int(now))
        newest = self._second % SECONDS + 1
        return self._counts[newest:] + self._counts[:newest]

    def _move_to(self, second: int) -> None:
        for passed in range(max(self._second + 1, second - SECONDS + 1), second + 1):
            self._counts[passed % SECONDS] = 0
        self._second = max(self._second, second)
