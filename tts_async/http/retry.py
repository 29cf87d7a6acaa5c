"""How long trouble with a server may last.

The first attempt runs bare: a request that works costs nothing here. Only its failure starts the
machinery (tenacity) and the clock, so a long generation that is cut off at its very end still has
the whole budget to be asked again: what is bounded is the trouble, not the work.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from tts_async.errors import ConfigurationError, MalformedResponse
from tts_async.http.failures import Transient
from tts_async.notices import notice

T = TypeVar("T")

MOST_DOUBLINGS = 30
MEMORY_SECONDS = 180.0
"""A server of which nobody has heard anything bad for so long may be well again."""
QUIET_SECONDS = 60.0
"""A server that comes and goes is worth a line in the log no more often than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When to ask again, and when to stop.

    ``attempts`` in all, the first included. ``seconds`` from the first failure to the start of the
    last attempt. The n-th pause is between half and all of ``first_wait * 2**n`` seconds, at most
    ``longest_wait``, or what the server asked for with Retry-After when that is longer. An answer
    that makes no sense is asked for at most ``malformed_attempts`` times: the same request with
    the same seed rarely gets a better one. ``outage_seconds``, where given, is all the time for a
    server that does not even say that it is busy, from when the first request found it so.
    ``sleep`` and ``clock`` are for tests.
    """

    attempts: int = 10
    seconds: float = 180.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    malformed_attempts: int = 3
    outage_seconds: float | None = None
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.malformed_attempts < 1:
            raise ConfigurationError("retry: attempts must be at least 1; 1 means no retry")
        if min(self.seconds, self.first_wait, self.longest_wait, self.outage_seconds or 0.0) < 0:
            raise ConfigurationError("retry: seconds and waits must not be negative")

    async def run(
        self,
        attempt: Callable[[], Awaitable[T]],
        on_retry: Callable[[Transient], None] | None = None,
        outage: "Outage | None" = None,
    ) -> T:
        """The result of ``attempt``, asked again while it raises ``Transient``.

        ``on_retry`` hears of every failure that is followed by another attempt. ``outage`` is what
        all requests to one server know of it. Raises the error inside the last ``Transient`` when
        the budget is spent, anything else at once.
        """
        outage = outage or Outage("server")
        try:
            result = await attempt()
        except Transient as failure:
            return await _Trouble(self, failure, on_retry, outage).overcome(attempt)
        outage.end(self.clock)
        return result

    @property
    def patience(self) -> float:
        """Seconds for a server that says nothing at all."""
        return self.seconds if self.outage_seconds is None else self.outage_seconds

    def pause(self, failures: int, retry_after: float | None) -> float:
        """Seconds to wait after so many failures."""
        doubled = self.first_wait * 2.0 ** min(failures - 1, MOST_DOUBLINGS)
        # Plain randomness: it spreads clients and keeps no secret.
        jittered = min(self.longest_wait, doubled) * random.uniform(0.5, 1.0)  # noqa: S311
        if retry_after is None or retry_after < jittered:
            return jittered
        # Everyone was told the same moment; a little later than that keeps the herd apart.
        return retry_after + random.uniform(0.0, self.first_wait)  # noqa: S311


ONCE = RetryPolicy(attempts=1)
FAIL_FAST = RetryPolicy(outage_seconds=2.0, first_wait=0.25)
"""For one server of several: patient while it is busy, not when it is gone."""


def for_clients(outage_seconds: float) -> RetryPolicy:
    """For a service, whose own clients wait meanwhile: it looks again every few seconds.

    What bounds an outage is the time and not the number of attempts.
    """
    return RetryPolicy(
        attempts=1_000_000,
        seconds=max(MEMORY_SECONDS, outage_seconds),
        longest_wait=5.0,
        outage_seconds=outage_seconds,
    )


class Outage:
    """Since when the server ``where`` is silent, as far as the requests to it can tell.

    They share it: the first one to find it dead waits as long as the policy says; those that come
    later wait only for what is left of that, so a thousand requests to a dead server end together.
    The log hears of its beginning and of its end, and not of every request. Moments are those of
    the policy's clock.
    """

    def __init__(self, where: str) -> None:
        self.since: float | None = None
        self._where = where
        self._last = 0.0
        self._announced: float | None = None
        self._is_known = False

    def note(self, now: float, *, memory: float) -> None:
        """Another request was not answered; an outage of ``memory`` seconds ago is forgotten."""
        if self.since is None or now - self._last > memory:
            self.since, self._is_known = now, False
        self._last = now

    def announce(self, now: float, error: Exception) -> None:
        """A request is about to be sent again because of it."""
        is_due = self._announced is None or now - self._announced >= QUIET_SECONDS
        if self.since is not None and not self._is_known and is_due:
            self._announced, self._is_known = now, True
            notice("server in trouble, asking again", server=self._where, error=str(error))

    def end(self, clock: Callable[[], float]) -> None:
        """It has answered; the usual case, so it costs nothing where there was no outage."""
        if self.since is None:
            return
        if self._is_known:
            seconds = round(clock() - self.since, 1)
            notice("server well again", server=self._where, seconds=seconds)
        self.since, self._is_known = None, False


class _Trouble:
    """One request's way from its first failure to its end."""

    def __init__(
        self,
        policy: RetryPolicy,
        first: Transient,
        on_retry: Callable[[Transient], None] | None,
        outage: Outage,
    ) -> None:
        self._policy = policy
        self._outage = outage
        self._first: Transient | None = first
        self._on_retry = on_retry
        self._began = policy.clock()
        self._failures = 0
        self._malformed = 0

    async def overcome(self, attempt: Callable[[], Awaitable[T]]) -> T:
        async def replay_then_attempt() -> T:
            if self._first is not None:
                failure, self._first = self._first, None
                raise failure
            return await attempt()

        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Transient),
            wait=self._wait,
            stop=self._is_over,
            before_sleep=self._announce,
            sleep=self._policy.sleep,
            reraise=True,
        )
        try:
            result: T = await retrying(replay_then_attempt)
        except Transient as last:
            error = last.error
            if self._failures == 1:
                raise error from last.__cause__
            spent = f"gave up after {self._failures} attempts in {self._elapsed():.1f} s"
            raise type(error)(f"{error} ({spent})") from last.__cause__
        self._outage.end(self._policy.clock)
        return result

    def _wait(self, state: RetryCallState) -> float:
        failure = _failure(state)
        self._failures += 1
        self._malformed += isinstance(failure.error, MalformedResponse)
        if failure.alive:
            self._outage.end(self._policy.clock)
        else:
            # A policy that is in a hurry must not make the others forget.
            memory = max(self._policy.seconds, MEMORY_SECONDS)
            self._outage.note(self._policy.clock(), memory=memory)
        return self._policy.pause(self._failures, failure.retry_after)

    def _is_over(self, state: RetryCallState) -> bool:
        return (
            self._failures >= self._policy.attempts
            or self._malformed >= self._policy.malformed_attempts
            or self._elapsed() + state.upcoming_sleep > self._policy.seconds
            or self._is_out(state.upcoming_sleep)
        )

    def _is_out(self, pause: float) -> bool:
        began = self._outage.since
        return began is not None and self._policy.clock() - began + pause > self._policy.patience

    def _announce(self, state: RetryCallState) -> None:
        failure = _failure(state)
        self._outage.announce(self._policy.clock(), failure.error)
        if self._on_retry is not None:
            self._on_retry(failure)

    def _elapsed(self) -> float:
        return self._policy.clock() - self._began


def _failure(state: RetryCallState) -> Transient:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, Transient)
    return failure
