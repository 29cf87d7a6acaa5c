"""OpenTelemetry set up for a program, by the environment variables that it defines."""

from collections.abc import Callable
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tts_async.version import __version__

SERVICE: Final = "tts-async"


def configure_tracing() -> Callable[[], None]:
    """Export spans over OTLP/HTTP from a thread; returns what sends the last and stops."""
    own = {"service.name": SERVICE, "service.version": __version__}
    resource = Resource.create(own).merge(OTELResourceDetector().detect())  # its word is the last
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown
