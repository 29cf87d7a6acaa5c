"""What the events say, counted: the part of the metrics that is there without asking anybody."""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from tts_async.observe.following import Answered, Asked, Ended, Granted
from tts_async.observe.metrics import catalogue
from tts_async.observe.metrics.catalogue import Family
from tts_async.observe.metrics.labels import Values
from tts_async.observe.names import strategy_name
from tts_async.types.events import (
    ExpansionFinished,
    ExpansionStarted,
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
    """One search under way."""

    series: _OfStrategy
    began: float


@dataclass(slots=True)
class _Request:
    """When one was queued, and when it had its slots."""

    asked_at: float
    started_at: float | None = None


class SearchCounts:
    """A ``Follower`` that counts searches, expansions, scores, tokens, errors and seconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
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

    def begin(self, event: SearchStarted) -> _Search:
        """One more."""
        series = self._of_strategy(self._strategies.bounded(strategy_name(event.strategy)))
        self._started.labels(series.name).inc()
        return _Search(series, event.at)

    def ask(self, _: _Search, event: Asked) -> _Request:
        """Its time in the queue begins."""
        return _Request(event.at)

    def grant(self, _: _Search, request: _Request, event: Granted) -> None:
        """It ends, and that of the model begins."""
        request.started_at = event.at
        is_expansion = isinstance(event, ExpansionStarted)
        wait = self._expansion_wait if is_expansion else self._scoring_wait
        wait.observe(event.at - request.asked_at)

    def answer(self, search: _Search, request: _Request | None, event: Answered) -> None:
        """What came, and how long it took, where somebody was asked for it."""
        if isinstance(event, ExpansionFinished):
            search.series.expansions.inc()
            search.series.tokens.inc(sum([child.tokens for child in event.children]))
            duration = self._expansion_duration
        else:
            self._paths.inc(len(event.nodes))
            duration = self._scoring_duration
        if request is not None and request.started_at is not None:
            duration.observe(event.at - request.started_at)

    def end(self, search: _Search, _: Sequence[_Request], event: Ended) -> None:
        """How it came out."""
        match event:
            case SearchFinished(result=result):
                outcome: str = result.stop_reason
                search.series.duration.observe(event.at - search.began)
                self._wasted.inc(result.spend.wasted_tokens)
                self._saved.inc(result.spend.saved_tokens)
            case SearchFailed(error=error):
                outcome = "error"
                self._errors.labels(self._kinds.bounded(type(error).__name__)).inc()
            case _:
                outcome = "cancelled"
        self._finished.labels(search.series.name, outcome).inc()

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


def _histogram(family: Family, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        family.name, family.help, family.labels, registry=registry, buckets=family.buckets
    )
