"""Gateways with a live page."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.patience import PATIENCE
from tts_async import Generator, Solver, Verifier
from tts_async.gateway import GatewaySettings, make_app
from tts_async.gateway.access import AccessControl, KeyRing
from tts_async.gateway.access.secret import digest_of
from tts_async.gateway.access.tenant import Tenant
from tts_async.gateway.live import add_live_page
from tts_async.gateway.live.assets import read_assets
from tts_async.observe import EventHub
from tts_async.observe.hub.typeset_answers import load_typesetter
from tts_async.testing import RandomGenerator, ScriptedVerifier

T = TypeVar("T")
read_assets()  # from the disk, before there is an event loop
load_typesetter()
ADMIN, MINE, OTHERS = "admin-key-1", "my-key-2", "other-key-3"
KEYS = KeyRing(
    [
        (digest_of(ADMIN), Tenant(name="admin", admin=True)),
        (digest_of(MINE), Tenant(name="me")),
        (digest_of(OTHERS), Tenant(name="other")),
    ]
)


def last_digit(text: str) -> float:
    """A score for every text, most of them different."""
    digits = [sign for sign in text if sign.isdigit()]
    return int(digits[-1]) / 10 if digits else 0.5


def live_app(
    *,
    generator: Generator | None = None,
    verifier: Verifier | None = None,
    keys: KeyRing | None = None,
    **settings: Any,
) -> tuple[web.Application, Solver, EventHub]:
    """A gateway with a live page, on random trees unless told otherwise."""
    hub, limits = EventHub(), GatewaySettings(**settings)
    solver = Solver(
        generator=generator or RandomGenerator(delay=0.05),
        verifier=verifier or ScriptedVerifier(last_digit),
        observers=[hub],
    )
    app = make_app(solver, limits, access=AccessControl(limits, keys))
    add_live_page(app, hub)
    return app, solver, hub


class Beside:
    """A gateway in a thread of its own, for a browser that is driven from this one."""

    def __init__(self, app: web.Application, solver: Solver, port: int) -> None:
        self.solver = solver
        self.port = port
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def run(self, what: Coroutine[Any, Any, T], seconds: float = PATIENCE) -> T:
        """Its outcome, from the gateway's event loop."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(seconds)

    def start(self, what: Coroutine[Any, Any, Any]) -> None:
        """Let it run there."""
        asyncio.run_coroutine_threadsafe(what, self._loop)

    def open(self) -> None:
        """Listen."""
        self._thread.start()
        self._server = self.run(self._listen())

    async def _listen(self) -> TestServer:
        server = TestServer(self._app, port=self.port or None)
        await server.start_server()
        self.port = server.port or 0
        return server

    def close(self) -> None:
        """Stop listening."""
        self.run(self._server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Of the page."""
        return str(self._server.make_url("/"))


@contextmanager
def beside(*, port: int = 0, **options: Any) -> Iterator[Beside]:
    """A gateway that runs as long as the block, on a free port unless told which."""
    app, solver, _ = live_app(**options)
    gateway = Beside(app, solver, port)
    gateway.open()
    try:
        yield gateway
    finally:
        gateway.close()
