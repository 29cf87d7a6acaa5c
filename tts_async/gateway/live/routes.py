"""The live page's routes: the page, its files, and the stream of frames behind it."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Final

from aiohttp import web

from tts_async.gateway.errors import GatewayError
from tts_async.gateway.live.assets import read_assets
from tts_async.gateway.parts import ACCESS, SETTINGS, SOLVER
from tts_async.gateway.server_sent_events import ClientGone, EventStream
from tts_async.observe.hub import EventHub, LaneRecord
from tts_async.observe.hub.typeset_answers import load_typesetter

STREAM_SECONDS: Final = 600.0
"""Then the page connects anew, so that a key that was withdrawn does not look on for ever."""
DIGITS: Final = 18


def add_live_page(app: web.Application, hub: EventHub) -> None:
    """Serve the live page at ``/``.

    ``hub`` is an observer of the application's solver. A key sees the searches of its own tenant,
    an admin's key those of everybody; without keys everybody is an admin. Reads the page's files,
    so call it before the event loop has work to do.
    """
    assets = read_assets()
    load_typesetter()
    hub.watch(lambda: list(_lanes(app)))

    async def show_page(request: web.Request) -> web.Response:
        return assets["index.html"].response(request)

    async def send_file(request: web.Request) -> web.Response:
        asset = assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return asset.response(request)

    async def stream_frames(request: web.Request) -> web.StreamResponse:
        tenant = request.app[ACCESS].authenticate(request)
        frames = hub.subscribe(
            sees=lambda owner: tenant.admin or owner == tenant.name, tree_of=_read_tree_of(request)
        )
        stream = EventStream(request, request.app[SETTINGS].client_seconds)
        with suppress(ClientGone, TimeoutError):
            async with asyncio.timeout(STREAM_SECONDS), aclosing(frames):
                await stream.open()
                async for frame in frames:
                    await stream.send(frame)
        return stream.response

    async def close(_: web.Application) -> None:
        hub.close()

    app.router.add_get("/", show_page)
    app.router.add_get("/live/events", stream_frames)
    app.router.add_get("/live/{name}", send_file)
    app.on_shutdown.append(close)


def _lanes(app: web.Application) -> Iterator[LaneRecord]:
    """The gateway's own places, then the slots that their searches share."""
    access, places = app[ACCESS], app[SETTINGS].max_searches
    yield LaneRecord(name="searches", capacity=places, in_use=access.running, queued=access.waiting)
    for name, lane in app[SOLVER].statistics().items():
        yield LaneRecord(name=name, capacity=lane.capacity, in_use=lane.in_use, queued=lane.queued)


def _read_tree_of(request: web.Request) -> int | None:
    """The search whose tree is wanted; raises ``GatewayError``."""
    text = request.query.get("tree_of", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise GatewayError(
            400, "invalid_value", "tree_of: expected the number of a search", param="tree_of"
        )
    return int(text)
