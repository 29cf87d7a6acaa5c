"""A span for every search, and below it one for every request to a model.

The events of a search are emitted in the tasks that work on it, so the observer can do more than
take notes: it makes its spans the current ones of these tasks. Whatever was current where the
search began is then its parent, and whatever is sent out while a model is asked, an HTTP request
for instance, is below ``expand`` or ``score``.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from opentelemetry.context import Context, attach, get_current
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context

from tts_async.observe.tracing import attributes
from tts_async.observe.waiting import Waiting
from tts_async.types.events import (
    Event,
    ExpansionFinished,
    ExpansionQueued,
    ExpansionStarted,
    ScoringFinished,
    ScoringQueued,
    ScoringStarted,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)


@dataclass(slots=True)
class _Request:
    """One ``expand`` or ``score`` under way."""

    span: Span
    asked_at: float


Requests: TypeAlias = Waiting[_Request]


@dataclass(slots=True)
class _Trace:
    """The span of a search, its context, the one around it, and the requests under way."""

    span: Span
    inside: Context
    outside: Context
    queued: Requests = field(default_factory=Waiting)
    running: Requests = field(default_factory=Waiting)


class SearchSpans:
    """An observer that draws a trace of every search.

    It holds the open spans of the searches under way; a search that ends, however it does, ends
    them all. A search that is not sampled costs its own span and nothing more.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._traces: dict[int, _Trace] = {}
        self._handlers: dict[type[Event], Callable[[Any], None]] = {
            SearchStarted: self._start,
            ExpansionQueued: self._queue_expansion,
            ExpansionStarted: self._start_expansion,
            ExpansionFinished: self._finish_expansion,
            ScoringQueued: self._queue_scoring,
            ScoringStarted: self._start_scoring,
            ScoringFinished: self._finish_scoring,
            SearchFinished: self._finish,
            SearchFailed: self._fail,
            SearchCancelled: self._cancel,
        }

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):  # a span is not worth a search
            self._handlers[type(event)](event)

    def _start(self, event: SearchStarted) -> None:
        outside = get_current()
        span = self._tracer.start_span("solve", attributes=attributes.of_search(event))
        inside = set_span_in_context(span, outside)
        self._traces[event.search] = _Trace(span, inside, outside)
        attach(inside)

    def _queue_expansion(self, event: ExpansionQueued) -> None:
        trace = self._traces[event.search]
        if trace.span.is_recording():
            span = self._tracer.start_span(
                "expand",
                trace.inside,
                kind=SpanKind.CLIENT,
                attributes=attributes.of_request(event),
            )
            trace.queued.put((event.path, event.k), _Request(span, event.at))

    def _start_expansion(self, event: ExpansionStarted) -> None:
        trace = self._traces[event.search]
        _start(trace, (event.path, event.k), event.at)

    def _finish_expansion(self, event: ExpansionFinished) -> None:
        trace, key = self._traces[event.search], (event.path, len(event.children))
        request = trace.running.take(key) or trace.queued.take(key)
        if request is not None:
            request.span.set_attributes(attributes.of_children(event))
            request.span.end()
        attach(trace.inside)

    def _queue_scoring(self, event: ScoringQueued) -> None:
        trace = self._traces[event.search]
        if trace.span.is_recording():
            span = self._tracer.start_span(
                "score", trace.inside, attributes={"tts_async.paths": event.paths}
            )
            trace.queued.put(event.paths, _Request(span, event.at))

    def _start_scoring(self, event: ScoringStarted) -> None:
        _start(self._traces[event.search], event.paths, event.at)

    def _finish_scoring(self, event: ScoringFinished) -> None:
        trace = self._traces[event.search]
        request = trace.running.take(len(event.nodes))
        if request is not None:
            request.span.set_attributes(attributes.of_scores(event))
            request.span.end()
        attach(trace.inside)

    def _finish(self, event: SearchFinished) -> None:
        trace = self._traces.pop(event.search)
        trace.span.set_attributes(attributes.of_result(event))
        _end(trace)

    def _fail(self, event: SearchFailed) -> None:
        trace = self._traces.pop(event.search)
        kind = type(event.error).__name__
        trace.span.set_attributes({attributes.STOP_REASON: "error", attributes.ERROR_TYPE: kind})
        trace.span.record_exception(event.error)
        trace.span.set_status(StatusCode.ERROR, kind)
        _end(trace)

    def _cancel(self, event: SearchCancelled) -> None:
        trace = self._traces.pop(event.search)
        trace.span.set_attribute(attributes.STOP_REASON, "cancelled")
        _end(trace)


def _start(trace: _Trace, key: object, at: float) -> None:
    """Its slots were granted: from here on it is what the task that asked for it works on."""
    request = trace.queued.take(key)
    if request is not None:
        request.span.set_attribute("tts_async.queued_seconds", at - request.asked_at)
        request.span.add_event("slots granted")
        trace.running.put(key, request)
        attach(set_span_in_context(request.span, trace.inside))


def _end(trace: _Trace) -> None:
    for request in (*trace.queued.drain(), *trace.running.drain()):
        request.span.set_attribute(attributes.ABANDONED, value=True)
        request.span.end()
    trace.span.end()
    attach(trace.outside)  # no token: it would belong to a task that may be another one
