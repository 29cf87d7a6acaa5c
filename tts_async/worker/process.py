"""The parent's side of a worker process.

A child that dies fails the calls it had; the next call starts a fresh child. ``call`` itself asks
once more when the child died under it, so a crash costs time and loses nothing; an input that
kills two children in a row is reported as the error it is. ``attempt`` leaves that to its caller.

A child that hangs is worse than one that dies, since nothing ever reports it. It is found by its
silence: a child that owes answers says something now and then, an answer or ``Channel.beat``.
"""

import asyncio
import contextlib
import itertools
import signal
import sys
from collections import deque
from collections.abc import Mapping
from typing import Any

from tts_async.errors import BrokenWorker, WorkerStartError
from tts_async.notices import notice
from tts_async.worker import frames

CLOSE_SECONDS = 2.0
STDERR_LINES = 20
GLANCES = 4
"""How often a child is looked at within its ``hang_timeout``."""


class WorkerProcess:
    """A child process that runs ``target`` (``"package.module:function"``) and answers calls.

    ``config`` are the keyword arguments of the target and must pickle. The child starts with the
    first call or with ``start``; ``load_timeout`` in seconds bounds the time until it is ready.
    A child that owes answers and gives no sign of life for ``hang_timeout`` seconds is killed;
    ``None`` is for targets that do not ``beat``.
    """

    def __init__(
        self,
        target: str,
        config: Mapping[str, Any] | None = None,
        *,
        load_timeout: float = 180.0,
        hang_timeout: float | None = None,
    ) -> None:
        self.target = target
        self.info: Any = None
        self._config = dict(config or {})
        self._load_timeout = load_timeout
        self._hang_timeout = hang_timeout
        self._child: _Child | None = None
        self._starting = asyncio.Lock()
        self._loss: str | None = None
        """Why the last child died, until another has taken its place."""
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._child.pid if self._child is not None and self._child.alive else None

    @property
    def alive(self) -> bool:
        """Whether a child is ready for calls."""
        return self._child is not None and self._child.alive and self._child.ready

    async def start(self) -> Any:
        """Start the child unless it runs; returns what it said when it became ready.

        Raises ``WorkerStartError`` with the child's own words.
        """
        async with self._starting:
            if self._closed:
                raise self._is_closed()
            if self._child is None or not self._child.alive:
                if self._child is not None:
                    self._loss = self._child.cause_of_death or self._loss
                    await self._child.aclose()
                # Known before it is ready, so that a close in the meantime ends it too.
                self._child = child = await self._spawn()
                try:
                    self.info = await child.handshake(
                        self._config, self._load_timeout, self._hang_timeout
                    )
                except BaseException as error:
                    await child.aclose()
                    if self._closed and isinstance(error, WorkerStartError):
                        raise self._is_closed() from None
                    raise
                if self._loss is not None:
                    notice("worker replaced", worker=self.target, why=self._loss, pid=child.pid)
                    self._loss = None
            return self.info

    async def call(self, payload: Any) -> Any:
        """Send a payload and wait for its answer; cancelling tells the child to stop.

        Raises what the child raised, or ``BrokenWorker`` when two children in a row died.
        """
        try:
            await self.start()
            return await self.attempt(payload)
        except BrokenWorker:
            if self._closed:
                raise
            await self.start()
            return await self.attempt(payload)

    async def attempt(self, payload: Any) -> Any:
        """``call`` without a safety net: nothing is started, and nothing is asked twice.

        Raises what the child raised, or ``BrokenWorker`` when it dies or was not there.
        """
        if self._child is None or self._closed:
            raise self._is_closed() if self._closed else BrokenWorker(f"{self.target}: not started")
        return await self._child.call(payload)

    async def kill(self) -> None:
        """End the child at once; its calls fail with ``BrokenWorker``."""
        if self._child is not None:
            await self._child.aclose(grace=0.0)

    async def aclose(self) -> None:
        """End the child and wait for it; safe to call twice."""
        self._closed = True
        if self._child is not None:
            await self._child.aclose()

    async def _spawn(self) -> "_Child":
        child = await _Child.spawn(self.target)
        if self._closed:
            await child.aclose()
            raise self._is_closed()
        return child

    def _is_closed(self) -> BrokenWorker:
        return BrokenWorker(f"{self.target}: the worker is closed for good; make another")

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"pid={self.pid}" if self.pid else "not running"
        calls = self._child.calls_in_flight if self._child else 0
        return f"<WorkerProcess {self.target} {state}, {calls} calls in flight>"


class _Child:
    """One life of a worker process."""

    def __init__(self, target: str, process: asyncio.subprocess.Process) -> None:
        self._target = target
        self._process = process
        self._ids = itertools.count()
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._last_words: deque[str] = deque(maxlen=STDERR_LINES)
        self._reason = ""
        self._is_dismissed = False
        self._heard = 0
        self.alive = True
        self.ready = False
        # Owned by this object from here to aclose().
        self._listener = asyncio.create_task(self._keep_last_words())
        self._reader: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(cls, target: str) -> "_Child":
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "tts_async.worker", target)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe
            )
        except OSError as error:
            raise WorkerStartError(f"cannot start a worker process: {error}") from error
        return cls(target, process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def cause_of_death(self) -> str | None:
        """``None`` while it lives, and of one that was ended on purpose."""
        return None if self.alive or self._is_dismissed else self._reason

    @property
    def calls_in_flight(self) -> int:
        return len(self._calls)

    async def handshake(
        self, config: Mapping[str, Any], load_timeout: float, hang_timeout: float | None
    ) -> Any:
        self._send(config)
        try:
            async with asyncio.timeout(load_timeout):
                kind, info = (await self._receive())[:2]
        except TimeoutError:
            reason = f"{self._target}: not ready after {load_timeout:g} s"
            raise WorkerStartError(reason) from None
        except asyncio.IncompleteReadError:
            raise WorkerStartError(await self._obituary()) from None
        if kind != "ready":
            raise WorkerStartError(info)
        self._reader = asyncio.create_task(self._read())
        if hang_timeout is not None:
            self._watcher = asyncio.create_task(self._watch(hang_timeout))
        self.ready = True
        return info

    async def call(self, payload: Any) -> Any:
        if not self.alive:
            raise BrokenWorker(self._reason)
        call_id = next(self._ids)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls[call_id] = answer
        try:
            self._send(("call", call_id, payload))
            return await answer
        finally:
            if self._calls.pop(call_id, None) is not None and self.alive:
                self._send(("cancel", call_id))

    async def aclose(self, grace: float = CLOSE_SECONDS) -> None:
        self._is_dismissed = self._is_dismissed or self.alive
        self._bury(f"{self._target}: the worker was closed")
        if self._watcher is not None:
            self._watcher.cancel()
        # Shielded: a cancelled close must still not leave a process behind.
        await asyncio.shield(asyncio.ensure_future(self._end(grace)))

    async def _end(self, grace: float) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()  # the child exits when its pipe ends
        try:
            async with asyncio.timeout(grace):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        for task in (self._reader, self._listener, self._watcher):
            if task is not None:
                await asyncio.wait([task])

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():  # if it is, the reader reports a dead child
            self._process.stdin.write(frames.encode(message))

    async def _receive(self) -> Any:
        assert self._process.stdout is not None
        header = await self._process.stdout.readexactly(frames.HEADER.size)
        (length,) = frames.HEADER.unpack(header)
        return frames.decode(await self._process.stdout.readexactly(length))

    async def _read(self) -> None:
        try:
            while True:
                kind, *rest = await self._receive()
                self._heard += 1
                if kind == "beat":
                    continue
                if kind == "broken":
                    self._bury(f"{self._target}: {rest[0]}")
                    continue
                call_id, value = rest
                answer = self._calls.pop(call_id, None)
                if answer is None or answer.done():
                    continue
                if kind == "fail":
                    answer.set_exception(value)
                else:
                    answer.set_result(value)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._bury(await self._obituary())
        finally:
            self._bury(f"{self._target}: the worker was abandoned")

    async def _watch(self, hang_timeout: float) -> None:
        """Kill a child that owes answers and is silent.

        Silence is counted in glances and not in seconds: when it is this program that stood still
        (a debugger, a closed laptop), the pause is one glance, and the answers are in the pipe.
        """
        silent = 0
        while self.alive and silent <= GLANCES:  # the first one may have begun before the call
            heard = self._heard
            await asyncio.sleep(hang_timeout / GLANCES)
            silent = silent + 1 if self._calls and self._heard == heard else 0
        if self.alive:
            self._bury(f"{self._target}: the worker hung, silent for {hang_timeout:g} s")
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _bury(self, reason: str) -> None:
        """From now on the child counts as dead, and whoever waits for it hears why."""
        if self.alive:
            self.alive = False
            self._reason = reason
        calls, self._calls = self._calls, {}
        for answer in calls.values():
            if not answer.done():
                answer.set_exception(BrokenWorker(self._reason))

    async def _obituary(self) -> str:
        code = await self._process.wait()
        await asyncio.wait([self._listener])
        how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
        if code == -signal.SIGKILL:
            how += ", as the system does when memory runs out"
        words = " | ".join(self._last_words)
        return f"{self._target}: the worker died ({how})" + (f": {words}" if words else "")

    async def _keep_last_words(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._last_words.append(line.decode(errors="replace").rstrip())
