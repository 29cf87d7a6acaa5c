"""A search as a stream of OpenAI's chunks: how it goes, then the answer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from tts_async.gateway.access_log import current_record
from tts_async.gateway.completion import Completion
from tts_async.gateway.error_responses import explain
from tts_async.gateway.outcome import Outcome
from tts_async.gateway.parts import SETTINGS
from tts_async.gateway.running import AdmittedSearch
from tts_async.gateway.search_progress import SearchProgress
from tts_async.gateway.server_sent_events import ClientGone, EventStream
from tts_async.gateway.settings import GatewaySettings
from tts_async.types.result import Result

Conclude = Callable[[Result], Outcome]


async def stream_search(
    request: web.Request,
    search: AdmittedSearch,
    completion: Completion,
    conclude: Conclude,
    *,
    with_usage: bool,
) -> web.StreamResponse:
    """Run the search and tell of it; a client that goes away cancels it.

    What goes wrong before there is anything to tell is raised, so that it has a status of its own.
    """
    settings = request.app[SETTINGS]
    changed = search.progress.changed
    task = asyncio.create_task(search.run())
    task.add_done_callback(lambda _: changed.set())
    try:
        await _within(settings.keep_alive_seconds, changed)
        if task.done():
            conclude(task.result())
        stream = EventStream(request, settings.client_seconds)
        told = _Told(stream, completion, settings)
        with suppress(ClientGone):
            await stream.open()
            await stream.send(completion.begin())
            await told.progress(search.progress, task)
            await told.end(task, conclude, with_usage=with_usage)
            await stream.done()
        return stream.response
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # nobody else may ask for its error


@dataclass(frozen=True, slots=True)
class _Told:
    """What a client is told of one search."""

    stream: EventStream
    completion: Completion
    settings: GatewaySettings

    async def progress(self, progress: SearchProgress, task: asyncio.Task[Result]) -> None:
        """Until the search ends: what is new, or that nothing is."""
        while not task.done():
            if not await _within(self.settings.keep_alive_seconds, progress.changed):
                await self.stream.comment("still searching")
                continue
            progress.changed.clear()
            if not task.done():
                await self.stream.send(self.completion.reasoning(f"{progress}\n"))
                await asyncio.wait([task], timeout=self.settings.progress_seconds)

    async def end(
        self, task: asyncio.Task[Result], conclude: Conclude, *, with_usage: bool
    ) -> None:
        """The answer, or the error, for which it is too late to have a status."""
        try:
            outcome = conclude(await task)
        except Exception as error:  # noqa: BLE001 - reported to the only one who can be told
            told = explain(error, retry_after=self.settings.retry_after)
            current_record().error = told.code
            await self.stream.send(told.to_dict())
            return
        for chunk in self.completion.answer(outcome):
            await self.stream.send(chunk)
        if with_usage:
            await self.stream.send(self.completion.usage(outcome))


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
