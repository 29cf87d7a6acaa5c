"""Who may ask, and how much at a time: the part of the gateway that says no."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from aiohttp import web

from tts_async.gateway.access.credentials import presented_key
from tts_async.gateway.access.key_ring import KeyRing
from tts_async.gateway.access.own_machine import check_host
from tts_async.gateway.access.tenant import ANYBODY, Tenant
from tts_async.gateway.access.turns import Turns
from tts_async.gateway.access.usage import Usage
from tts_async.gateway.access_log import current_record
from tts_async.gateway.errors import GatewayError
from tts_async.gateway.settings import GatewaySettings

_STOPPING: Final = "the gateway is shutting down; try again later"


class Admission:
    """The permission to run one search; ``tokens`` is what it has cost so far.

    ``begun``: it has had its turn.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self.begun = False

    def spent(self, tokens: int) -> None:
        """What it cost in the end."""
        self.tokens = tokens


class AccessControl:
    """Checks keys, holds their searches to their limits, and keeps the line for the places.

    Without ``keys`` everybody on this machine is one tenant without limits of its own. Of
    ``settings``, it enforces ``max_searches`` and ``max_queued``.
    """

    def __init__(self, settings: GatewaySettings, keys: KeyRing | None = None) -> None:
        self._keys = keys
        self._turns = Turns(settings.max_searches, settings.max_queued, pause=settings.retry_after)
        self._turns.several = keys is not None and len(keys) > 1
        self._usages: defaultdict[str, Usage] = defaultdict(Usage)
        self._retry_after = settings.retry_after
        self._leashes: set[asyncio.Timeout] = set()
        self._open = 0
        self._nothing_open = asyncio.Event()
        self._nothing_open.set()
        self._closed = False
        self._stopped = False

    @property
    def running(self) -> int:
        """Searches under way."""
        return self._turns.running.total()

    @property
    def waiting(self) -> int:
        """Searches in line."""
        return self._turns.waiting

    @property
    def closed(self) -> bool:
        """Whether nothing is admitted any more."""
        return self._closed

    def replace_keys(self, keys: KeyRing) -> None:
        """Go by other keys from now on; what each has used so far is remembered by its name."""
        self._keys = keys
        self._turns.several = len(keys) > 1

    def authenticate(self, request: web.Request) -> Tenant:
        """Whose request it is. Raises ``GatewayError`` 401 or 403."""
        if self._keys is None:
            check_host(request)
        tenant = self.holder_of(presented_key(request))
        current_record().key = tenant.name or None
        return tenant

    def holder_of(self, key: str | None) -> Tenant:
        """Whose key it is. Raises ``GatewayError`` 401 or 403."""
        if self._keys is None:
            return ANYBODY
        if key is None:
            raise GatewayError(
                401,
                "missing_api_key",
                "no key was given; send Authorization: Bearer KEY, in OpenAI's clients api_key",
            )
        holder = self._keys.find(key)
        if holder is None:
            raise GatewayError(401, "invalid_api_key", "this gateway does not know the key")
        if holder.disabled:
            raise GatewayError(403, "key_disabled", f"the key of {holder.name} is disabled")
        return holder

    @asynccontextmanager
    async def admit(self, tenant: Tenant, cost_estimate: int) -> AsyncIterator[Admission]:
        """Around one search; waits for its turn.

        ``cost_estimate`` is the most that the search can cost, in tokens. Raises ``GatewayError``
        429 when a limit is reached or the line is full, 503 when the gateway shuts down, before
        the search or in its midst.
        """
        if self._closed:
            raise self._stopping()
        with self._counted(tenant, cost_estimate) as admission:
            async with self._in_turn(tenant), self._on_leash():
                admission.begun = True
                yield admission

    def close(self) -> None:
        """Admit nothing more, and refuse what waits; what runs goes on."""
        self._closed = True
        self._turns.refuse_all(self._stopping())

    async def ended(self) -> None:
        """Wait until no search is under way."""
        await self._nothing_open.wait()

    def stop_searches(self) -> None:
        """End what runs; each raises ``GatewayError`` 503 where it was admitted."""
        self.close()
        self._stopped = True
        now = asyncio.get_running_loop().time()
        for leash in self._leashes:
            leash.reschedule(now)
        self._leashes.clear()

    @contextmanager
    def _counted(self, tenant: Tenant, most_tokens: int) -> Iterator[Admission]:
        """Among what the key uses."""
        clock, usage = asyncio.get_running_loop().time, self._usages[tenant.name]
        charged = usage.begin(tenant.limits, most_tokens, now=clock(), pause=self._turns.pause())
        self._open += 1
        self._nothing_open.clear()
        admission = Admission()
        try:
            yield admission
        finally:
            if admission.begun:
                usage.end(charged, admission.tokens, most_tokens, now=clock())
            else:
                usage.take_back(charged, now=clock())
            self._open -= 1
            if not self._open:
                self._nothing_open.set()

    @asynccontextmanager
    async def _in_turn(self, tenant: Tenant) -> AsyncIterator[None]:
        """In one of the places."""
        clock = asyncio.get_running_loop().time
        turn = self._turns.ask(tenant.name, tenant.priority, clock())
        try:
            await turn.granted
            yield
        finally:
            self._turns.give_back(turn, clock())

    @asynccontextmanager
    async def _on_leash(self) -> AsyncIterator[None]:
        """A time-out without a time, until the gateway has to stop."""
        # One whose turn came in the moment of the stop learns of it at its first await.
        leash = asyncio.timeout(0 if self._stopped else None)
        try:
            async with leash:
                self._leashes.add(leash)
                yield
        except TimeoutError:
            if not leash.expired():
                raise
            raise self._stopping() from None
        finally:
            self._leashes.discard(leash)

    def _stopping(self) -> GatewayError:
        return GatewayError(503, "shutting_down", _STOPPING, retry_after=self._retry_after)
