"""What one key is using, held against its limits."""

from typing import Final

from tts_async.gateway.access.bucket import Bucket
from tts_async.gateway.access.tenant import KeyLimits
from tts_async.gateway.errors import GatewayError

_MEMORY: Final = 0.1
"""Weight of the newest search in what the next one is expected to cost."""


class Usage:
    """The searches of one key: how many there are, and what they cost.

    What a search will cost is not known when it begins, only what it can cost at most; few come
    near it. So a search is charged in advance with the share of that maximum that the searches
    before it took (all of it, in the beginning), and what it really took is settled at its end. An
    underestimate leaves the bucket overdrawn, so in the long run the limit is exact.
    """

    def __init__(self) -> None:
        self.searches = 0
        self._share = 1.0
        self._tokens: Bucket | None = None
        self._requests: Bucket | None = None

    def begin(self, limits: KeyLimits, most_tokens: int, *, now: float, pause: float) -> float:
        """Charge for a search that begins; the tokens charged in advance.

        ``pause`` is when a running search may have ended, in seconds. Raises ``GatewayError`` 429,
        and charges nothing, when a limit is reached.
        """
        self._tokens = _adjusted(self._tokens, limits.tokens_per_minute, now)
        self._requests = _adjusted(self._requests, limits.requests_per_minute, now)
        if limits.searches is not None and self.searches >= limits.searches:
            raise _too_many(f"{limits.searches} searches at a time", pause)
        if self._requests and (wait := self._requests.wait(1, now)):
            raise _too_many(f"{limits.requests_per_minute} requests per minute", wait)
        charged = most_tokens * self._share
        if self._tokens and (wait := self._tokens.wait(charged, now)):
            raise _too_many(f"{limits.tokens_per_minute:,} tokens per minute", wait)
        if self._requests:
            self._requests.take(1, now)
        if self._tokens:
            self._tokens.take(charged, now)
        self.searches += 1
        return charged

    def take_back(self, charged: float, *, now: float) -> None:
        """A search that was begun with this charge has never had its turn."""
        self.end(charged, 0, 0, now=now)
        if self._requests:
            self._requests.take(-1, now)

    def end(self, charged: float, spent: int, most_tokens: int, *, now: float) -> None:
        """Settle a search that was begun with these numbers."""
        self.searches -= 1
        if self._tokens:
            self._tokens.take(spent - charged, now)
        if spent:  # what was refused or failed at once says nothing about cost
            self._share += _MEMORY * (min(1.0, spent / max(1, most_tokens)) - self._share)


def _adjusted(bucket: Bucket | None, per_minute: int | None, now: float) -> Bucket | None:
    """The bucket for a limit, which may have been changed while the gateway runs."""
    if per_minute is None:
        return None
    if bucket is None:
        return Bucket(per_minute, now)
    bucket.per_minute = per_minute
    return bucket


def _too_many(limit: str, wait: float) -> GatewayError:
    return GatewayError(
        429, "rate_limit_exceeded", f"this key is for {limit}; try again later", retry_after=wait
    )
