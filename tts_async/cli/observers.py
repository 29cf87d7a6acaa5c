"""Logs, where the command line asks for them."""

from typing import cast, get_args

from tts_async.errors import ConfigurationError
from tts_async.observe.logs import Level, configure_logging, log_events
from tts_async.types.events import Observer


def make_observers(level: str | None, *, as_json: bool) -> list[Observer]:
    """The log's observer, or none: without ``--log-level`` and ``--log-json`` nothing is logged."""
    if level is None and not as_json:
        return []
    if level is not None and level not in get_args(Level):
        raise ConfigurationError(
            f"log-level: unknown {level!r}; choose one of {', '.join(get_args(Level))}"
        )
    configure_logging(cast("Level", level or "info"), json=as_json)
    return [log_events()]
