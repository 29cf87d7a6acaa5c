"""The page that Prometheus reads."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from tts_async.observe.metrics.metrics import Metrics


def metrics_route(
    metrics: Metrics, path: str, check: Callable[[web.Request], object]
) -> web.RouteDef:
    """See ``tts_async.observe.metrics_route``; in the format that the client asks for."""

    async def show(request: web.Request) -> web.Response:
        check(request)
        await metrics.refresh()
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = encode(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": content_type})

    return web.get(path, show)
