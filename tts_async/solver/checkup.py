"""A look at what a solver works with, before or while it works."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Literal

from tts_async.errors import ConfigurationError, GenerationError, TTSError
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import Generator

Role = Literal["generator", "verifier"]


async def check_service(service: Any, role: Role) -> Sequence[ServiceReport]:
    """What an opened generator or verifier says of itself, else what can be seen of it.

    One that has a ``check()`` answers for itself: a report for every server behind it.
    """
    ask = getattr(service, "check", None)
    if not callable(ask):
        return [_report(service, role)]
    try:
        reports: Sequence[ServiceReport] = await ask()
    except TTSError as error:
        return [_report(service, role, error)]
    return reports


async def check_closed_service(service: Any, role: Role) -> Sequence[ServiceReport]:
    """Open a service, look at it and close it again.

    Raises ``ConfigurationError``: that is the caller's to fix.
    """
    try:
        async with AsyncExitStack() as stack:
            if hasattr(service, "__aenter__"):
                await stack.enter_async_context(service)
            return await check_service(service, role)
    except ConfigurationError:
        raise
    except TTSError as error:
        return [_report(service, role, error)]


async def check_servers(
    make: Callable[[], Awaitable[Generator]], base_urls: Sequence[str]
) -> Sequence[ServiceReport]:
    """The same for servers that somebody first has to ask which generator they need."""
    try:
        generator = await make()
    except GenerationError as error:
        where = ", ".join(url.rpartition("@")[2] for url in base_urls)
        return [ServiceReport(role="generator", kind="server", where=where, error=str(error))]
    return await check_closed_service(generator, "generator")


def _report(service: Any, role: Role, error: TTSError | None = None) -> ServiceReport:
    reason = None if error is None else str(error)
    model, where = getattr(service, "model", None), getattr(service, "base_url", None)
    return ServiceReport(
        role=role,
        kind=type(service).__name__,
        where=None if where is None else str(where),
        model=None if model is None else str(model),
        context_length=getattr(service, "context_length", None),
        capacity=getattr(service, "capacity", None),
        error=reason,
    )
