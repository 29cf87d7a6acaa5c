"""All metrics of a solver in one registry."""

from prometheus_client import CollectorRegistry, Gauge

from tts_async.observe.following import Following
from tts_async.observe.metrics.catalogue import SEARCHES_RUNNING
from tts_async.observe.metrics.resources import ResourceGauges, Watched
from tts_async.observe.metrics.searches import SearchCounts
from tts_async.types.events import Event


class Metrics:
    """An observer for one ``Solver``, whose figures Prometheus reads from ``registry``.

    Other things can be counted in the same registry. After ``watch(solver)`` the lanes and the
    verifier's cache are in it too. Never raises as an observer.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._searches = Following(SearchCounts(registry))
        running = Gauge(SEARCHES_RUNNING.name, SEARCHES_RUNNING.help, registry=registry)
        running.set_function(lambda: float(len(self._searches)))
        self._resources = ResourceGauges()
        registry.register(self._resources)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self._searches(event)

    def watch(self, solver: Watched) -> None:
        """Look at the lanes and the verifier of this solver whenever the metrics are read."""
        self._resources.watch(solver)

    async def refresh(self) -> None:
        """Fetch what has to be awaited; right before ``registry`` is read."""
        await self._resources.refresh()
