"""Traces for OpenTelemetry: a span per search, and below it one per request to a model.

The library uses OpenTelemetry's API alone: without an SDK that a program sets up, spans go nowhere.
Both are imported with the first use, not with the package.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tts_async.errors import ConfigurationError
from tts_async.observe.following import Following
from tts_async.types.events import Observer

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware
    from opentelemetry.trace import TracerProvider

__all__ = ["configure_tracing", "trace_requests", "trace_searches"]


def trace_searches(provider: "TracerProvider | None" = None) -> Observer:
    """An observer that draws a trace of every search, by the program's tracer provider or another.

    Whatever span is current where a search is asked for is its parent, and requests that a search
    sends out are below its spans. Raises ``ConfigurationError`` without OpenTelemetry.
    """
    with _needed_packages():
        from opentelemetry import trace

        from tts_async.observe.tracing.spans import SearchSpans
    return Following(SearchSpans(trace.get_tracer("tts_async", tracer_provider=provider)))


def trace_requests() -> "Middleware":
    """A middleware for aiohttp applications: searches continue the trace of the request they serve.

    That is the one which its ``traceparent`` header names. Raises ``ConfigurationError`` without
    OpenTelemetry.
    """
    with _needed_packages():
        from tts_async.observe.tracing.incoming import continue_trace
    return continue_trace


def configure_tracing() -> Callable[[], None]:
    """For programs: send spans to a collector, over OTLP/HTTP, from a thread of their own.

    Where to, how many and under what name is said by OpenTelemetry's own environment variables:
    ``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME`` and others.
    Call what is returned at the end of the program: it sends what is left. Raises
    ``ConfigurationError`` without OpenTelemetry's SDK and exporter.
    """
    with _needed_packages():
        from tts_async.observe.tracing import setup
    return setup.configure_tracing()


@contextmanager
def _needed_packages() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"tracing needs the package {error.name}: pip install 'tts-async[tracing]'"
        ) from error
