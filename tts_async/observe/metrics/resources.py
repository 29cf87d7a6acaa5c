"""What is looked up when the metrics are read: the lanes, and the verifier's own numbers."""

import asyncio
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tts_async.errors import TTSError
from tts_async.observe.metrics import catalogue
from tts_async.observe.metrics.catalogue import Family
from tts_async.scheduler import Statistics
from tts_async.verifiers.local import LocalVerifierStatistics
from tts_async.verifiers.pool import WorkerStatistics
from tts_async.version import __version__

ANSWER_SECONDS: Final = 0.5
"""A verifier that takes longer to say how it is keeps the numbers it gave last."""


class Watched(Protocol):
    """What there is to look at: a ``Solver``."""

    @property
    def verifier(self) -> Any:
        """The verifier, or ``None``."""
        ...

    def statistics(self) -> Mapping[str, Statistics]:
        """The state of the lanes."""
        ...


class ResourceGauges(Collector):
    """Reads the state of a solver's lanes and verifier; of a closed solver there is none."""

    def __init__(self) -> None:
        self._watched: Watched | None = None
        self._workers: Sequence[WorkerStatistics | LocalVerifierStatistics] = ()

    def watch(self, solver: Watched) -> None:
        """Look at this one from now on."""
        self._watched, self._workers = solver, ()

    async def refresh(self) -> None:
        """Ask the verifier, which has to be awaited, unlike everything else here."""
        ask = None if self._watched is None else getattr(self._watched.verifier, "statistics", None)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                found = ask() if callable(ask) else ()
                found = await found if inspect.isawaitable(found) else found
        except (TTSError, TimeoutError):  # it is away, or busy: the scrape is not
            return
        rows = found if isinstance(found, Sequence) else (found,)
        kinds = (WorkerStatistics, LocalVerifierStatistics)
        self._workers = [row for row in rows if isinstance(row, kinds)]

    def collect(self) -> Iterator[Metric]:
        """The families, for the registry."""
        build = _gauge(catalogue.BUILD)
        build.add_metric([__version__], 1)
        yield build
        yield from self._lanes()
        yield from self._verifier()

    def _lanes(self) -> Iterator[Metric]:
        capacity, in_use, queued = map(
            _gauge, (catalogue.LANE_CAPACITY, catalogue.LANE_IN_USE, catalogue.LANE_QUEUED)
        )
        for name, lane in self._statistics().items():
            capacity.add_metric([name], lane.capacity)
            in_use.add_metric([name], lane.in_use)
            queued.add_metric([name], lane.queued)
        yield from (capacity, in_use, queued)

    def _verifier(self) -> Iterator[Metric]:
        tokens, remembered, restarts = map(
            _counter,
            (
                catalogue.VERIFIER_TOKENS,
                catalogue.VERIFIER_REMEMBERED,
                catalogue.VERIFIER_RESTARTS,
            ),
        )
        for number, row in enumerate(self._workers):
            worker = str(number)
            if isinstance(row, WorkerStatistics):
                restarts.add_metric([worker], row.restarts)
            scoring = row.scoring if isinstance(row, WorkerStatistics) else row
            if isinstance(scoring, LocalVerifierStatistics):
                tokens.add_metric([worker, "computed"], scoring.computed_tokens)
                tokens.add_metric([worker, "reused"], scoring.reused_tokens)
                remembered.add_metric([worker], scoring.remembered)
        yield from (tokens, remembered, restarts)

    def _statistics(self) -> Mapping[str, Statistics]:
        try:
            return {} if self._watched is None else self._watched.statistics()
        except TTSError:  # it is not open
            return {}


def _gauge(family: Family) -> GaugeMetricFamily:
    return GaugeMetricFamily(family.name, family.help, labels=family.labels)


def _counter(family: Family) -> CounterMetricFamily:
    return CounterMetricFamily(family.name, family.help, labels=family.labels)
