"""What the handlers of a gateway share: each part under a key of the application."""

from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from aiohttp import web

from tts_async.gateway.access.tenant import Tenant
from tts_async.gateway.model_names import ModelNames
from tts_async.gateway.settings import GatewaySettings
from tts_async.gateway.turnstile import Turnstile
from tts_async.solver import Solver

__all__ = [
    "ACCESS",
    "MODEL_NAMES",
    "SETTINGS",
    "SOLVER",
    "TURNSTILE",
    "Access",
    "Admission",
    "Tenant",
]


class Admission(Protocol):
    """The permission to run one search."""

    def spent(self, tokens: int) -> None:
        """What it cost in the end."""
        ...


class Access(Protocol):
    """Who may ask, and how much at a time. Asking and admission raise ``GatewayError``."""

    def authenticate(self, request: web.Request) -> Tenant:
        """Whose request it is."""
        ...

    def admit(self, tenant: Tenant, cost_estimate: int) -> AbstractAsyncContextManager[Admission]:
        """Around one search; waits for its turn. ``cost_estimate``: the most tokens it can cost."""
        ...

    @property
    def running(self) -> int:
        """Searches under way."""
        ...

    @property
    def waiting(self) -> int:
        """Searches in line."""
        ...

    @property
    def closed(self) -> bool:
        """Whether nothing is admitted any more."""
        ...

    def close(self) -> None:
        """Admit nothing more; what runs goes on."""
        ...

    async def ended(self) -> None:
        """Wait until no search is under way."""
        ...

    def stop_searches(self) -> None:
        """End what runs; each raises ``GatewayError`` 503 where it was admitted."""
        ...


SOLVER: Final = web.AppKey("solver", Solver)
SETTINGS: Final = web.AppKey("settings", GatewaySettings)
MODEL_NAMES: Final = web.AppKey("model_names", ModelNames)
ACCESS: Final[web.AppKey[Access]] = web.AppKey("access", Access)
TURNSTILE: Final = web.AppKey("turnstile", Turnstile)
