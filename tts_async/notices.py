"""What an operator wants to know and no search has to: servers that are away, workers replaced.

Everything else is told by the events of a search. These have no search to be an event of.
"""

from contextlib import suppress
from typing import Any


def notice(event: str, **fields: Any) -> None:
    """A line at level ``info``, where the program has set structlog up, and nothing elsewhere."""
    import structlog

    if structlog.is_configured():
        with suppress(Exception):  # a full disk under a log file must not end a search
            structlog.get_logger("tts_async").info(event, **fields)
