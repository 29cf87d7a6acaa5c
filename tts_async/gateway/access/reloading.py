"""New keys without a restart: SIGHUP has the file read again."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from tts_async.errors import ConfigurationError
from tts_async.gateway.access.control import AccessControl
from tts_async.gateway.access.sources import KeySources


@contextmanager
def reloading_on_hangup(access: AccessControl, sources: KeySources) -> Iterator[None]:
    """While inside, SIGHUP makes ``access`` go by what ``sources`` say then.

    In the main thread's event loop only, and where there is such a signal.
    """
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def on_hangup() -> None:
        task = asyncio.create_task(reload_keys(access, sources))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, on_hangup)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def reload_keys(access: AccessControl, sources: KeySources) -> None:
    """Read the keys again; when there is something wrong with them, the old ones stay."""
    log = structlog.get_logger("tts_async")
    try:
        keys = await asyncio.to_thread(sources.read)
    except ConfigurationError as error:
        log.error("the keys are as they were", error=str(error))  # noqa: TRY400 - no bug of ours
        return
    if len(keys):  # without any, this is a gateway for its own machine, and stays one
        access.replace_keys(keys)
    log.info("keys read again", keys=len(keys))
