"""``GET /health`` and ``GET /ready``: whether the process lives, and whether it can search."""

import asyncio
from typing import Final

import structlog
from aiohttp import web

from tts_async.gateway.parts import ACCESS, SETTINGS, SOLVER
from tts_async.solver import Solver


class Readiness:
    """Looks at generator and verifier, at most once in ``seconds`` however many ask."""

    def __init__(self, solver: Solver, seconds: float) -> None:
        self._solver = solver
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._failing: tuple[str, ...] = ()
        self._looked: float | None = None

    async def failing(self) -> tuple[str, ...]:
        """What cannot be used, ``"generator"`` or ``"verifier"``; of replicas, one is enough."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if self._looked is None or now - self._looked >= self._seconds:
                self._failing = await self._look()
                self._looked = asyncio.get_running_loop().time()
            return self._failing

    async def _look(self) -> tuple[str, ...]:
        report = await self._solver.check(quick=True)
        usable = {service.role for service in report.services if service.error is None}
        failing = {service.role for service in report.services} - usable
        if failing:
            _LOG.warning("not ready", problems=list(report.problems))
        return tuple(sorted(failing))


READINESS: Final = web.AppKey("readiness", Readiness)
_LOG = structlog.get_logger("tts_async")


def make_readiness(app: web.Application) -> Readiness:
    """For the solver of an application."""
    return Readiness(app[SOLVER], app[SETTINGS].ready_seconds)


async def show_health(_: web.Request) -> web.Response:
    """The event loop runs, which is all that this says."""
    return web.json_response({"status": "ok"})


async def show_ready(request: web.Request) -> web.Response:
    """503 while a model is away; why is in the log, and not for everybody who can ask."""
    if request.app[ACCESS].closed:
        return web.json_response({"status": "shutting down"}, status=503)
    failing = await request.app[READINESS].failing()
    if not failing:
        return web.json_response({"status": "ready"})
    return web.json_response({"status": "not ready", "failing": failing}, status=503)
