"""What the events say, counted: the part of the metrics that is there without asking anybody."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tts_async.observe.metrics import catalogue
from tts_async.observe.metrics.catalogue import Family
from tts_async.observe.metrics.labels import Values
from tts_async.observe.names import strategy_name
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
class _OfStrategy:
    """The series of one strategy, looked up once: to look up labels costs more than to count."""

    name: str
    duration: Histogram
    tokens: Counter
    expansions: Counter


@dataclass(slots=True)
class _Search:
    """One search under way, and when the requests that it waits for were queued or started."""

    series: _OfStrategy
    began: float
    queued: Waiting[float] = field(default_factory=Waiting)
    running: Waiting[float] = field(default_factory=Waiting)


class SearchCounts:
    """An observer that counts searches, expansions, scores, tokens, errors and seconds.

    It holds a few numbers for every search under way, and none of one that has ended, however it
    did. Events of searches whose start it did not see are left out.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._searches: dict[int, _Search] = {}
        self._series: dict[str, _OfStrategy] = {}
        self._strategies = Values()
        self._kinds = Values()
        self._started = _counter(catalogue.SEARCHES_STARTED, registry)
        self._finished = _counter(catalogue.SEARCHES_FINISHED, registry)
        self._duration = _histogram(catalogue.SEARCH_DURATION, registry)
        self._tokens = _counter(catalogue.TOKENS_GENERATED, registry)
        self._wasted = _counter(catalogue.TOKENS_WASTED, registry)
        self._saved = _counter(catalogue.TOKENS_SAVED, registry)
        self._expansions = _counter(catalogue.EXPANSIONS, registry)
        self._expansion_wait = _histogram(catalogue.EXPANSION_WAIT, registry)
        self._expansion_duration = _histogram(catalogue.EXPANSION_DURATION, registry)
        self._scoring_wait = _histogram(catalogue.SCORING_WAIT, registry)
        self._scoring_duration = _histogram(catalogue.SCORING_DURATION, registry)
        self._paths = _counter(catalogue.PATHS_SCORED, registry)
        self._errors = _counter(catalogue.ERRORS, registry)
        running = _gauge(catalogue.SEARCHES_RUNNING, registry)
        running.set_function(lambda: float(len(self._searches)))
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
        with suppress(Exception):  # a figure is not worth a search
            self._handlers[type(event)](event)

    def _start(self, event: SearchStarted) -> None:
        series = self._of_strategy(self._strategies.bounded(strategy_name(event.strategy)))
        self._searches[event.search] = _Search(series, event.at)
        self._started.labels(series.name).inc()

    def _queue_expansion(self, event: ExpansionQueued) -> None:
        self._searches[event.search].queued.put((event.path, event.k), event.at)

    def _start_expansion(self, event: ExpansionStarted) -> None:
        search, key = self._searches[event.search], (event.path, event.k)
        queued_at = search.queued.take(key)
        search.running.put(key, event.at)
        if queued_at is not None:
            self._expansion_wait.observe(event.at - queued_at)

    def _finish_expansion(self, event: ExpansionFinished) -> None:
        search, key = self._searches[event.search], (event.path, len(event.children))
        series = search.series
        series.expansions.inc()
        series.tokens.inc(sum([child.tokens for child in event.children]))
        started_at = search.running.take(key)
        if started_at is None:  # known from a journal, or drawn ahead: nobody was asked now
            search.queued.take(key)
        else:
            self._expansion_duration.observe(event.at - started_at)

    def _queue_scoring(self, event: ScoringQueued) -> None:
        self._searches[event.search].queued.put(event.paths, event.at)

    def _start_scoring(self, event: ScoringStarted) -> None:
        search = self._searches[event.search]
        queued_at = search.queued.take(event.paths)
        search.running.put(event.paths, event.at)
        if queued_at is not None:
            self._scoring_wait.observe(event.at - queued_at)

    def _finish_scoring(self, event: ScoringFinished) -> None:
        search, paths = self._searches[event.search], len(event.nodes)
        started_at = search.running.take(paths)
        self._paths.inc(paths)
        if started_at is not None:
            self._scoring_duration.observe(event.at - started_at)

    def _finish(self, event: SearchFinished) -> None:
        search = self._searches.pop(event.search)
        result = event.result
        self._finished.labels(search.series.name, result.stop_reason).inc()
        search.series.duration.observe(event.at - search.began)
        self._wasted.inc(result.spend.wasted_tokens)
        self._saved.inc(result.spend.saved_tokens)

    def _fail(self, event: SearchFailed) -> None:
        search = self._searches.pop(event.search)
        self._finished.labels(search.series.name, "error").inc()
        self._errors.labels(self._kinds.bounded(type(event.error).__name__)).inc()

    def _cancel(self, event: SearchCancelled) -> None:
        search = self._searches.pop(event.search)
        self._finished.labels(search.series.name, "cancelled").inc()

    def _of_strategy(self, name: str) -> _OfStrategy:
        series = self._series.get(name)
        if series is None:
            series = self._series[name] = _OfStrategy(
                name,
                duration=self._duration.labels(name),
                tokens=self._tokens.labels(name),
                expansions=self._expansions.labels(name),
            )
        return series


def _counter(family: Family, registry: CollectorRegistry) -> Counter:
    return Counter(family.name, family.help, family.labels, registry=registry)


def _gauge(family: Family, registry: CollectorRegistry) -> Gauge:
    return Gauge(family.name, family.help, family.labels, registry=registry)


def _histogram(family: Family, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        family.name, family.help, family.labels, registry=registry, buckets=family.buckets
    )
