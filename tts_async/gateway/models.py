"""``GET /v1/models`` and ``GET /v1/models/{model}``: the names that say how to search."""

import time
from typing import Any, Final

from aiohttp import web

from tts_async.gateway.parts import ACCESS, MODEL_NAMES

_SINCE: Final = int(time.time())


async def list_models(request: web.Request) -> web.Response:
    """Names that work here; ``-N`` may be any other number too."""
    request.app[ACCESS].authenticate(request)
    models = [_describe(name) for name in request.app[MODEL_NAMES].listed()]
    return web.json_response({"object": "list", "data": models})


async def show_model(request: web.Request) -> web.Response:
    """One of them, listed or not."""
    request.app[ACCESS].authenticate(request)
    name = request.match_info["model"]
    request.app[MODEL_NAMES].find(name)
    return web.json_response(_describe(name))


def _describe(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": "tts-async"}
