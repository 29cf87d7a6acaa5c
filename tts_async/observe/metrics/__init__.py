"""Metrics for Prometheus: a consumer of the events, and a look at lanes and verifier when read.

``prometheus_client`` is imported with the first use, not with the package.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tts_async.errors import ConfigurationError
from tts_async.observe.metrics.catalogue import CATALOGUE, Family

if TYPE_CHECKING:
    from aiohttp import web
    from prometheus_client import CollectorRegistry

    from tts_async.observe.metrics.metrics import Metrics

__all__ = ["CATALOGUE", "Family", "make_metrics", "metrics_route"]


def make_metrics(registry: "CollectorRegistry | None" = None) -> "Metrics":
    """The metrics of one ``Solver``: an observer for it, with a registry of its own by default.

    Raises ``ConfigurationError`` without the package ``prometheus_client``.
    """
    try:
        from prometheus_client import CollectorRegistry

        from tts_async.observe.metrics.metrics import Metrics
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"metrics need the package {error.name}: pip install 'tts-async[metrics]'"
        ) from error
    return Metrics(CollectorRegistry() if registry is None else registry)


def metrics_route(
    metrics: "Metrics",
    path: str = "/metrics",
    *,
    check: "Callable[[web.Request], object]" = lambda _: None,
) -> "web.RouteDef":
    """A route for an aiohttp application that shows them to Prometheus.

    ``check`` is called with every request first, and raises where it is not to be answered.
    """
    from tts_async.observe.metrics import route

    return route.metrics_route(metrics, path, check)
