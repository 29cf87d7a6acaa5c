"""What one request went through: every replica has a turn, then there is a pause."""

from tts_async.errors import GenerationError, MalformedResponse
from tts_async.http.retry import RetryPolicy


class Trouble:
    """``met`` are the replicas that failed since the last pause, ``failures`` counts them all."""

    def __init__(self, policy: RetryPolicy, replicas: int) -> None:
        self.met: set[int] = set()
        self.failures = 0
        self._policy = policy
        self._replicas = replicas
        self._began: float | None = None

    def note(self, index: int, error: GenerationError) -> None:
        """A replica failed; raises the error when it was one too many."""
        left = self.seconds_left()
        self.met.add(index)
        self.failures += 1
        # The same question rarely gets a better answer: every replica is asked for one once.
        hopeless = isinstance(error, MalformedResponse) and len(self.met) == self._replicas
        if hopeless or self.failures >= self._policy.attempts or left <= 0:
            if self.failures == 1:
                raise error
            raise type(error)(f"{error} (failed {self.failures} times over)") from error

    async def rest(self) -> None:
        """Pause when the last of the replicas had its turn."""
        if len(self.met) == self._replicas:
            self.met.clear()
            await self._policy.sleep(self._policy.pause(self.failures // self._replicas, None))

    def seconds_left(self) -> float:
        """Until it has lasted long enough."""
        now = self._policy.clock()
        if self._began is None:
            self._began = now
        return self._began + self._policy.seconds - now
