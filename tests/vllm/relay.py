"""A server between us and vLLM that writes everything down, and may be too busy."""

import json
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

COMPLETIONS = "/v1/completions"


class Relay:
    """Passes requests on to ``upstream``; above ``limit`` completions at a time it answers 429.

    ``retry_after`` is the header that goes with it, if any. ``asked`` holds the bodies of the
    completions that were passed on, ``answered`` what came back, ``refused`` counts the others.
    """

    def __init__(
        self, upstream: str, *, limit: int | None = None, retry_after: str | None = None
    ) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answered: list[dict[str, Any]] = []
        self.refused = 0
        self.base_url = ""
        self._upstream = upstream
        self._limit = limit
        self._refusal = {} if retry_after is None else {"Retry-After": retry_after}
        self._running = 0
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._relay)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def starts(self) -> set[tuple[int, ...]]:
        """The prompts of the problems: those that continue no other prompt."""
        prompts = {tuple(body["prompt"]) for body in self.asked}
        return {
            prompt
            for prompt in prompts
            if not any(prompt[: len(other)] == other for other in prompts - {prompt})
        }

    async def _relay(self, request: web.Request) -> web.Response:
        if request.path != COMPLETIONS:
            return await self._pass_on(request)
        if self._limit is not None and self._running >= self._limit:
            self.refused += 1
            body = {"error": {"message": "too busy"}}
            return web.json_response(body, status=429, headers=self._refusal)
        self._running += 1
        try:
            self.asked.append(json.loads(await request.read()))
            response = await self._pass_on(request)
            self.answered.append(json.loads(response.body))  # type: ignore[arg-type]
            return response
        finally:
            self._running -= 1

    async def _pass_on(self, request: web.Request) -> web.Response:
        async with self._session.request(
            request.method,
            self._upstream + request.path_qs,
            data=await request.read(),
            headers={"Content-Type": "application/json"},
        ) as response:
            body = await response.read()
            return web.Response(
                body=body, status=response.status, content_type=response.content_type
            )
