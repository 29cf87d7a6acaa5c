"""A proxy in front of a model server that breaks what it was told to break.

It stands between a client under test and any HTTP server, fake or real, and needs the consent of
neither. What to break is a function of the request and not of the moment it comes, so a run can be
repeated although its requests race each other.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tts_async.errors import ConfigurationError
from tts_async.seeds import derive_rng
from tts_async.testing.faults import Answer, Exchange, Fault

LARGEST_REQUEST = 1 << 28  # bytes
SHUTDOWN_SECONDS = 0.1
# About one connection or its encoding, not about the answer; aiohttp sets its own on either side.
HOP_BY_HOP = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "host",
        "keep-alive",
        "transfer-encoding",
    }
)


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """What a plan decides by.

    ``attempt`` counts from 0 how often exactly this request (method, path and body) has come
    before: a client that asks again after a failure comes with the next number.
    """

    method: str
    path: str
    body: bytes
    attempt: int


Plan = Callable[[ProxiedRequest], Fault | None]


@dataclass(frozen=True, slots=True)
class RandomFaults:
    """Breaks a share of the requests, each with one of ``faults``.

    ``rate`` in [0, 1]. ``path``: only requests whose path contains it. The draw depends on
    ``seed``, the request and its attempt, so it is the same in whatever order requests come.
    Raises ``ConfigurationError``.
    """

    faults: Sequence[Fault]
    rate: float = 0.3
    seed: int = 0
    path: str = ""

    def __post_init__(self) -> None:
        if not self.faults:
            raise ConfigurationError("faults: give at least one, for example [faults.Reset()]")
        if not 0.0 <= self.rate <= 1.0:
            raise ConfigurationError(f"rate: must be between 0 and 1, got {self.rate}")

    def __call__(self, request: ProxiedRequest) -> Fault | None:
        """The fault for this request, if it gets one."""
        if self.path not in request.path:
            return None
        rng = derive_rng(self.seed, request.method, request.path, request.body, request.attempt)
        return rng.choice(self.faults) if rng.random() < self.rate else None


class FaultProxy:
    """``async with FaultProxy(upstream_url, faults=plan) as proxy: … proxy.base_url``.

    ``upstream_url`` is the base URL of the real server, ``base_url`` the same for a client that is
    to meet the faults. ``faults`` decides for every request: ``RandomFaults``, or any function
    from ``ProxiedRequest`` to a fault or ``None``; without it, everything passes. ``requests``
    counts what came, ``injected`` the faults by name, ``running`` the requests being answered.

    Answers are passed on whole: one that streams arrives at its end. A client that goes away
    cancels its request behind the proxy. A server behind that is gone is a 502. Raises
    ``ConfigurationError`` when ``upstream_url`` is no http(s) URL.
    """

    def __init__(self, upstream_url: str, *, faults: Plan | None = None) -> None:
        parts = urlsplit(upstream_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ConfigurationError(
                f"upstream_url: {upstream_url!r} is not an http(s) URL,"
                ' for example "http://localhost:8000/v1"'
            )
        self._origin, self._path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
        self._plan = faults
        self.requests = 0
        self.running = 0
        self.injected: Counter[str] = Counter()
        self._seen: Counter[tuple[str, str, bytes]] = Counter()
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        """As people give it to an OpenAI client."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._runner is not None
        assert self._session is not None
        try:
            await self._runner.cleanup()
        finally:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._decide(request, body)
        answer: Answer | None = None

        async def forward() -> Answer:
            nonlocal answer
            if answer is None:
                answer = await self._forward(request, body)
            return answer

        self.running += 1
        try:
            if fault is not None:
                self.injected[_name(fault)] += 1
                response = await fault(Exchange(request, forward))
                if response is not None:
                    return response
                self.injected -= Counter([_name(fault)])  # it had nothing to break
            return (await forward()).response()
        finally:
            self.running -= 1

    def _decide(self, request: web.Request, body: bytes) -> Fault | None:
        key = (request.method, request.path_qs, body)
        attempt = self._seen[key]
        self._seen[key] += 1
        self.requests += 1
        return None if self._plan is None else self._plan(ProxiedRequest(*key, attempt))

    async def _forward(self, request: web.Request, body: bytes) -> Answer:
        assert self._session is not None
        try:
            async with self._session.request(
                request.method,
                f"{self._origin}{request.path_qs}",
                data=body or None,
                headers=_end_to_end(request.headers),
                allow_redirects=False,
            ) as response:
                headers = _end_to_end(response.headers)
                return Answer(response.status, headers, await response.read())
        except (aiohttp.ClientError, OSError) as error:
            message = f"{self._origin}: {str(error) or type(error).__name__}"
            return Answer(502, {"Content-Type": "text/plain"}, message.encode())


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    kept = ((name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP)
    return CIMultiDict(kept)


def _name(fault: Fault) -> str:
    return getattr(fault, "__name__", type(fault).__name__)
