"""What a search may spend, and what it spent."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from tts_async.errors import BudgetExhausted, ConfigurationError


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits of one search, or of a run of many; ``None`` means unlimited.

    ``tokens`` generated, ``expansions`` asked of the generator, ``verifier_calls`` (paths
    scored), ``seconds`` from the first moment. Limits are checked before each request, so they are
    exceeded by no more than what is in flight.
    """

    tokens: int | None = None
    expansions: int | None = None
    verifier_calls: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not value > 0:
                raise ConfigurationError(
                    f"budget.{field.name}: must be positive, got {value!r}; use None for no limit"
                )


@dataclass(slots=True)
class Spend:
    """What one search cost so far; grows while it runs.

    ``tokens`` generated (lookahead included), ``expansions`` requests to the generator,
    ``verifier_calls`` paths scored, ``steps_scored`` steps whose score was new, ``seconds`` wall
    time, ``queued_seconds`` of it spent waiting for a slot, summed over requests.
    ``wasted_tokens`` were drawn ahead of time and not needed (as far as they had arrived; they are
    not part of ``tokens``). ``saved_tokens`` is an estimate of what an early stop left undrawn:
    the missing answers at the mean length of those that were drawn.
    """

    tokens: int = 0
    expansions: int = 0
    verifier_calls: int = 0
    steps_scored: int = 0
    seconds: float = 0.0
    queued_seconds: float = 0.0
    wasted_tokens: int = 0
    saved_tokens: int = 0

    def check(self, budget: Budget) -> None:
        """Raise ``BudgetExhausted`` naming the first limit that is reached."""
        for limit in ("tokens", "expansions", "verifier_calls"):
            allowed = getattr(budget, limit)
            if allowed is not None and getattr(self, limit) >= allowed:
                raise BudgetExhausted(limit)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class Account:
    """What one search may spend and has spent; ``shared`` is the account of its whole run."""

    def __init__(self, budget: Budget, shared: "Account | None" = None) -> None:
        self.budget = budget
        self.spend = Spend()
        self._shared = shared

    def check(self) -> None:
        """Raise ``BudgetExhausted`` naming the first limit that is reached, here or in the run."""
        self.spend.check(self.budget)
        if self._shared is not None:
            self._shared.check()

    def charge(self, *, tokens: int = 0, expansions: int = 0, verifier_calls: int = 0) -> None:
        """Book what was asked for or came back."""
        self.spend.tokens += tokens
        self.spend.expansions += expansions
        self.spend.verifier_calls += verifier_calls
        if self._shared is not None:
            self._shared.charge(tokens=tokens, expansions=expansions, verifier_calls=verifier_calls)

    @property
    def exhausted(self) -> bool:
        """Whether a limit is reached."""
        try:
            self.check()
        except BudgetExhausted:
            return True
        return False
