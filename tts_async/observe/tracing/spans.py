"""A span for every search, and below it one for every request to a model.

The events of a search are emitted in the tasks that work on it, so the observer can do more than
take notes: it makes its spans the current ones of these tasks. Whatever was current where the
search began is then its parent, and whatever is sent out while a model is asked, an HTTP request
for instance, is below ``expand`` or ``score``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context

from tts_async.observe.following import Answered, Asked, Ended, Granted
from tts_async.observe.tracing import attributes
from tts_async.types.events import (
    ExpansionFinished,
    ExpansionQueued,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)


@dataclass(slots=True)
class _Trace:
    """The span of a search, its context, and the one around it."""

    span: Span
    inside: Context
    outside: Context


@dataclass(slots=True)
class _Request:
    """One ``expand`` or ``score``."""

    span: Span
    asked_at: float


class SearchSpans:
    """A ``Follower`` that draws a trace of every search.

    A search that ends, however it does, ends all its spans. A search that is not sampled costs its
    own span and nothing more.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def begin(self, event: SearchStarted) -> _Trace:
        """The span ``solve``."""
        outside = get_current()
        span = self._tracer.start_span("solve", attributes=attributes.of_search(event))
        inside = set_span_in_context(span, outside)
        attach(inside)
        return _Trace(span, inside, outside)

    def ask(self, search: _Trace, event: Asked) -> _Request | None:
        """The span ``expand`` or ``score``."""
        if not search.span.is_recording():
            return None
        if isinstance(event, ExpansionQueued):
            name, kind, said = "expand", SpanKind.CLIENT, attributes.of_request(event)
        else:
            name, kind, said = "score", SpanKind.INTERNAL, {"tts_async.paths": event.paths}
        span = self._tracer.start_span(name, search.inside, kind=kind, attributes=said)
        return _Request(span, event.at)

    def grant(self, search: _Trace, request: _Request, event: Granted) -> None:
        """From here on it is what the task that asked for it works on."""
        request.span.set_attribute("tts_async.queued_seconds", event.at - request.asked_at)
        request.span.add_event("slots granted")
        attach(set_span_in_context(request.span, search.inside))

    def answer(self, search: _Trace, request: _Request | None, event: Answered) -> None:
        """The end of its span."""
        if request is not None:
            request.span.set_attributes(
                attributes.of_children(event)
                if isinstance(event, ExpansionFinished)
                else attributes.of_scores(event)
            )
            request.span.end()
        attach(search.inside)

    def end(self, search: _Trace, unanswered: Sequence[_Request], event: Ended) -> None:
        """The end of all its spans."""
        match event:
            case SearchFinished():
                search.span.set_attributes(attributes.of_result(event))
            case SearchFailed():
                kind = type(event.error).__name__
                search.span.set_attributes(
                    {attributes.STOP_REASON: "error", attributes.ERROR_TYPE: kind}
                )
                search.span.record_exception(event.error)
                search.span.set_status(StatusCode.ERROR, kind)
            case _:
                search.span.set_attribute(attributes.STOP_REASON, "cancelled")
        for request in unanswered:
            request.span.set_attribute(attributes.ABANDONED, value=True)
            request.span.end()
        search.span.end()
        attach(search.outside)  # no token: it would belong to a task that may be another one
