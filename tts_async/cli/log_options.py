"""Logs, where the command line asks for them."""

from dataclasses import dataclass
from typing import Annotated, Final, cast, get_args

import typer

from tts_async.errors import ConfigurationError
from tts_async.observe.logs import Level, configure_logging, log_events
from tts_async.types.events import Observer

_OUTPUT: Final = "Output"


@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """What to log, and how; raises ``ConfigurationError`` for a level that is none."""

    log_level: Annotated[
        str | None,
        typer.Option(
            help="Log to stderr: debug, info, warning or error. (default: no log)",
            rich_help_panel=_OUTPUT,
        ),
    ] = None
    log_json: Annotated[
        bool, typer.Option("--log-json", help="Log as JSON lines.", rich_help_panel=_OUTPUT)
    ] = False

    def __post_init__(self) -> None:
        if self.log_level is not None and self.log_level not in get_args(Level):
            raise ConfigurationError(
                f"log-level: unknown {self.log_level!r}; choose one of {', '.join(get_args(Level))}"
            )

    def make_observers(self) -> list[Observer]:
        """The log's observer, or none: without one of the options nothing is logged."""
        if self.log_level is None and not self.log_json:
            return []
        configure_logging(cast("Level", self.log_level or "info"), json=self.log_json)
        return [log_events()]
