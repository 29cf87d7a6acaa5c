"""A look at what a solver works with, before or while it works."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, Literal

from tts_async.errors import ConfigurationError, GenerationError, TTSError
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import Generator

Role = Literal["generator", "verifier"]

QUICK_SECONDS: Final = 10.0
"""One that hangs is as good as gone."""


async def check_service(service: Any, role: Role, *, quick: bool) -> Sequence[ServiceReport]:
    """What an opened generator or verifier says of itself, else what can be seen of it.

    One that has a ``check()`` answers for itself: a report for every server behind it. Where it is
    to be ``quick``, one that has a ``probe()`` is asked by that.
    """
    probe, ask = getattr(service, "probe", None), getattr(service, "check", None)
    try:
        async with asyncio.timeout(QUICK_SECONDS if quick else None):
            if quick and callable(probe):
                await probe()
            elif callable(ask):
                reports: Sequence[ServiceReport] = await ask()
                return reports
    except TTSError as error:
        return [_report(service, role, str(error))]
    except TimeoutError:
        return [_report(service, role, f"no answer within {QUICK_SECONDS:g} s")]
    return [_report(service, role)]


async def check_closed_service(service: Any, role: Role, *, quick: bool) -> Sequence[ServiceReport]:
    """Open a service, look at it and close it again.

    Raises ``ConfigurationError``: that is the caller's to fix.
    """
    try:
        async with AsyncExitStack() as stack:
            if hasattr(service, "__aenter__"):
                await stack.enter_async_context(service)
            return await check_service(service, role, quick=quick)
    except ConfigurationError:
        raise
    except TTSError as error:
        return [_report(service, role, str(error))]


async def check_servers(
    make: Callable[[], Awaitable[Generator]], base_urls: Sequence[str], *, quick: bool
) -> Sequence[ServiceReport]:
    """The same for servers that somebody first has to ask which generator they need."""
    try:
        generator = await make()
    except GenerationError as error:
        where = ", ".join(url.rpartition("@")[2] for url in base_urls)
        return [ServiceReport(role="generator", kind="server", where=where, error=str(error))]
    return await check_closed_service(generator, "generator", quick=quick)


def _report(service: Any, role: Role, error: str | None = None) -> ServiceReport:
    model, where = getattr(service, "model", None), getattr(service, "base_url", None)
    return ServiceReport(
        role=role,
        kind=type(service).__name__,
        where=None if where is None else str(where),
        model=None if model is None else str(model),
        context_length=getattr(service, "context_length", None),
        capacity=getattr(service, "capacity", None),
        error=error,
    )
