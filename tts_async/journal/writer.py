"""Between the event loop and the one thread that writes.

The loop never waits for the disk: what is to be written is collected for some milliseconds and
goes to the thread as one batch, one transaction, one commit. While a batch is on its way the next
one grows, so a slow disk makes larger batches and not a longer queue.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from tts_async.errors import JournalError, TTSError
from tts_async.journal.database import Contents, Database, Question, Row

T = TypeVar("T")

LINGER: Final = 0.01
"""Seconds for which rows are collected when nobody waits for them."""
ROOM: Final = 10_000
"""Rows that may wait for the disk; who brings more waits with them."""


class Writer:
    """Writes rows in the order they come, and answers questions about what is written.

    Whatever goes wrong is raised by every later call: nothing is lost silently. For one event
    loop, and used by it alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tts-async-journal")
        self._database: Database | None = None
        self._batch: dict[str, list[Row]] = {}
        self._rows = 0
        self._questions: list[tuple[Question, asyncio.Future[Any]]] = []
        self._timer: asyncio.Handle | None = None
        self._working: asyncio.Future[list[Any]] | None = None
        self._failure: TTSError | None = None

    async def open(self) -> Contents:
        """What is in the file, which is created where there is none; raises ``JournalError``."""
        self._loop = asyncio.get_running_loop()

        def load() -> tuple[Database, Contents]:
            database = Database(self._path)
            try:
                return database, database.contents()
            except BaseException:
                database.close()
                raise

        opening = self._loop.run_in_executor(self._thread, load)
        try:
            self._database, contents = await asyncio.shield(opening)
        except BaseException:
            opening.add_done_callback(_close_unwanted)
            self._thread.shutdown(wait=False)
            raise
        return contents

    def write(self, table: str, row: Row) -> None:
        """Have a row written soon."""
        self._check()
        self._batch.setdefault(table, []).append(row)
        self._rows += 1
        if self._timer is None and self._working is None:
            self._timer = self._loop.call_later(LINGER, self._send)

    async def ask(self, question: Callable[[Database], T]) -> T:
        """The answer, as of everything that was written before."""
        self._check()
        answer: asyncio.Future[T] = self._loop.create_future()
        if self._working is None and not self._questions:
            # Not at once: others who ask in the same turn of the loop come along.
            self._cancel_timer()
            self._timer = self._loop.call_soon(self._send)
        self._questions.append((question, answer))
        return await answer

    async def written(self) -> None:
        """When everything so far is in the file."""
        await self.ask(lambda _: None)

    async def room(self) -> None:
        """When not too much waits for the disk."""
        if self._rows >= ROOM:
            await self.written()

    async def aclose(self) -> None:
        """Write what is left, and close the file; raises ``JournalError`` if that fails."""
        try:
            if self._failure is None:  # also where nobody waits any more for what was asked
                await self.written()
        finally:
            if self._database is not None:
                closing = self._loop.run_in_executor(self._thread, self._finish())
                self._thread.shutdown(wait=False)
                await asyncio.shield(closing)
        if self._failure is not None:
            raise self._failure  # whoever would have heard of it may have come no more

    def _finish(self) -> Callable[[], None]:
        """What is left to do for the thread; there is something left where nobody could wait."""
        database, self._database = self._database, None
        assert database is not None
        batch, questions = self._take()
        for _, answer in questions:
            answer.cancel()

        def finish() -> None:
            try:
                database.perform(batch, [])
            finally:
                database.close()

        return finish

    def _send(self) -> None:
        """Give the thread what has come together; it gets one batch at a time."""
        assert self._database is not None
        batch, questions = self._take()
        asked = [question for question, _ in questions]
        self._working = self._loop.run_in_executor(
            self._thread, self._database.perform, batch, asked
        )
        answers = [answer for _, answer in questions]
        self._working.add_done_callback(lambda done: self._receive(done, answers))

    def _receive(
        self, done: "asyncio.Future[list[Any]]", waiting: list["asyncio.Future[Any]"]
    ) -> None:
        self._working = None
        error = done.exception()
        if error is not None:
            self._fail(error, waiting)
            return
        for answer, found in zip(waiting, done.result(), strict=True):
            if not answer.done():  # who asked may have been cancelled
                answer.set_result(found)
        if self._questions:
            self._send()
        elif self._batch:
            self._timer = self._loop.call_later(LINGER, self._send)

    def _fail(self, error: BaseException, waiting: list["asyncio.Future[Any]"]) -> None:
        self._failure = error if isinstance(error, TTSError) else _unexpected(self._path, error)
        _, questions = self._take()
        for answer in [*waiting, *(answer for _, answer in questions)]:
            if not answer.done():
                answer.set_exception(self._failure)

    def _take(self) -> tuple[dict[str, list[Row]], list[tuple[Question, asyncio.Future[Any]]]]:
        """The rows and the questions that have come together since the last time."""
        self._cancel_timer()
        taken = self._batch, self._questions
        self._batch, self._questions, self._rows = {}, [], 0
        return taken

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._database is None:
            raise JournalError(f"journal: {self._path} is not open")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _unexpected(path: Path, error: BaseException) -> JournalError:
    failure = JournalError(f"journal: {path}: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


def _close_unwanted(opening: "asyncio.Future[tuple[Database, Contents]]") -> None:
    """Nobody waits for the file any more that was just opened."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].close()
