"""The limits and habits of a gateway."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from tts_async.errors import ConfigurationError
from tts_async.strategies import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What a gateway takes, and how it behaves; all of it has a default.

    ``aliases`` are further model names, for one of the others each; that of ``default`` replaces
    the solver's own strategy. ``policy`` is what compute-optimal search goes by.

    ``max_body_bytes`` and ``max_prompt_characters`` (all messages together) bound one request,
    ``max_choices`` its ``n``, and ``max_candidates`` the ``n`` of a strategy. ``max_searches`` run
    at a time and ``max_queued`` more wait; what comes then is told to come back. ``max_seconds``
    bounds a search, whatever the client asks for.

    ``client_seconds`` is how long a client may take to send its request, or to take a piece of an
    answer. A stream says something at least every ``keep_alive_seconds``, and reports progress at
    most every ``progress_seconds``. ``ready_seconds``: how old an answer of ``/ready`` may be.
    ``retry_after`` is what clients are told when a model is away, and ``drain_seconds`` how long
    searches may go on after the gateway was asked to stop. ``log_prompts`` puts what is asked into
    the access log.

    Raises ``ConfigurationError`` for limits that let nothing through.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    policy: Policy | None = None
    max_body_bytes: int = 1024 * 1024
    max_prompt_characters: int = 200_000
    max_choices: int = 16
    max_candidates: int = 256
    max_searches: int = 64
    max_queued: int = 256
    max_seconds: float | None = None
    client_seconds: float = 30.0
    keep_alive_seconds: float = 10.0
    progress_seconds: float = 0.25
    ready_seconds: float = 5.0
    retry_after: float = 5.0
    drain_seconds: float = 30.0
    log_prompts: bool = False

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if not (value > 0 or (value == 0 and limit.name in _MAY_BE_ZERO)):
                raise ConfigurationError(f"{limit.name}: must be positive, got {value}")


_MAY_BE_ZERO: Final = frozenset(
    {"max_queued", "progress_seconds", "ready_seconds", "drain_seconds"}
)
