"""Traces of the searches of a command, where it is asked for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from tts_async.observe import configure_tracing, trace_searches
from tts_async.types.events import Observer


@contextmanager
def traces(*, asked: bool) -> Iterator[list[Observer]]:
    """The observer that draws them, or none; at the end, what was drawn is sent.

    Raises ``ConfigurationError`` without OpenTelemetry.
    """
    if not asked:
        yield []
        return
    finish = configure_tracing()
    try:
        yield [trace_searches()]
    finally:
        finish()
