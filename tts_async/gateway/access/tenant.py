"""On whose behalf a request is made, and what their key allows."""

from dataclasses import dataclass, field, fields
from typing import Final

from tts_async.gateway.errors import GatewayError


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What a key allows; ``None`` is no limit of its own.

    ``searches`` at a time, running or waiting for their turn. ``tokens_per_minute`` really spent,
    ``requests_per_minute`` begun. ``max_n`` candidates of one search. ``strategies`` by the
    engine's names (``best_of_n``).
    """

    searches: int | None = None
    tokens_per_minute: int | None = None
    requests_per_minute: int | None = None
    max_n: int | None = None
    strategies: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Whoever has a key.

    ``name`` stands in logs, and is what they share the machines under. ``priority`` of their
    searches, lower first; a request may ask for less urgency, not for more. An ``admin`` sees what
    concerns everybody: all searches on the live page, not only their own. A key that is
    ``disabled`` is known, and refused.
    """

    name: str
    priority: int = 0
    limits: KeyLimits = field(default_factory=KeyLimits)
    admin: bool = False
    disabled: bool = False

    def __str__(self) -> str:
        """In a line: the name, and whatever is not as usual."""
        marks = [mark for mark in ("admin", "disabled") if getattr(self, mark)]
        if self.priority:
            marks.append(f"priority {self.priority}")
        for limit in fields(KeyLimits):
            value = getattr(self.limits, limit.name)
            if value is not None:
                shown = ", ".join(sorted(value)) if isinstance(value, frozenset) else f"{value:,}"
                marks.append(f"{limit.name} {shown}")
        return f"{self.name}: {'; '.join(marks)}" if marks else self.name

    def permit(self, strategy: str, n: int) -> None:
        """Raise ``GatewayError`` when the key is not for such a search."""
        allowed = self.limits.strategies
        if allowed is not None and strategy not in allowed:
            raise GatewayError(
                403,
                "model_not_allowed",
                f"model: this key is not for {strategy}; it is for {', '.join(sorted(allowed))}",
                param="model",
            )
        if self.limits.max_n is not None and n > self.limits.max_n:
            raise GatewayError(
                403,
                "n_not_allowed",
                f"model: this key is for up to {self.limits.max_n} candidates, not {n}",
                param="model",
            )


ANYBODY: Final = Tenant(name="", admin=True)
"""The only tenant where there are no keys."""
