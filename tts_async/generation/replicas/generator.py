"""Several generators of one model behind the face of one.

A path is a list of token ids and steps, and means the same on every replica. So failing over needs
no state to be saved or moved: the request that failed is sent again, seed and all, to another
replica, which computes the prefix it does not have. What the search has reached so far was never
on a server in the first place.

A replica that is dead when the others open is no error: it is one that has yet to recover. Replicas
that disagree about the model or its context length are one, because then a path is not the same
everywhere.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from tts_async.concurrency import gather
from tts_async.errors import (
    ConfigurationError,
    GenerationError,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation.replicas.assignment import Assignment
from tts_async.generation.replicas.health import HealthPolicy, Watcher
from tts_async.generation.replicas.replica import Replica
from tts_async.generation.replicas.statistics import ReplicaStatistics, ReplicatedStatistics
from tts_async.generation.replicas.trouble import Trouble
from tts_async.http.retry import RetryPolicy
from tts_async.types.checkup import ServiceReport
from tts_async.types.generation import GenerationRequest, Generator, Step
from tts_async.types.problem import Message
from tts_async.types.scheduling import ServerLoad, Tells


class ReplicatedGenerator:
    """A ``Generator`` over ``replicas``, which serve the same model.

    A problem stays on one replica, the least loaded when it came; a replica that fails passes its
    requests on, gets nothing while it is down, and new problems as soon as it answers again. When
    none is up, requests wait, all of them until that has lasted as long as ``retry`` says, which
    also says how often one request may fail in all. ``health`` says how closely replicas are
    watched. Replicas should give up soon by themselves (``retry=FAIL_FAST``); one that does not is
    interrupted as soon as it is known to be down. ``capacity`` is the sum of theirs.

    A replica that also is an async context manager is opened and closed here. One with a
    ``probe`` is asked for its health; any other is tried again after a while.

    Raises ``ConfigurationError`` when they serve different models, ``GeneratorUnavailable`` when
    none can be opened.
    """

    def __init__(
        self,
        replicas: Sequence[Generator],
        *,
        retry: RetryPolicy | None = None,
        health: HealthPolicy | None = None,
    ) -> None:
        self._replicas = [Replica(generator) for generator in replicas]
        self._books = Assignment([replica.capacity for replica in self._replicas])
        self._retry = retry or RetryPolicy()
        self._failures = [0] * len(replicas)
        self._failovers = 0
        self._any_up = asyncio.Event()
        self._none_up_since: float | None = None
        health = health or HealthPolicy()
        self._patience = health.timeout
        self._watchers = [
            Watcher(replica, self._books, index, health, self._note_change)
            for index, replica in enumerate(self._replicas)
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self.capacity = sum(replica.capacity for replica in self._replicas)

    async def __aenter__(self) -> Self:
        try:
            await gather(*(self._open(index) for index in range(len(self._replicas))))
            self._agree()
        except BaseException:
            await self._close()
            raise
        self._note_change()
        # Owned by this object and ended by its exit, which a TaskGroup would tie to one task.
        self._tasks = [asyncio.create_task(watcher.run()) for watcher in self._watchers]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close()

    @property
    def replicas(self) -> tuple[Generator, ...]:
        """The generators, in the order given."""
        return tuple(replica.generator for replica in self._replicas)

    @property
    def model(self) -> str | None:
        """What they all serve, once it is known."""
        expected = self._replicas[0].expected
        return expected.model if expected else None

    @property
    def context_length(self) -> int | None:
        """What prompt and answer may have together, in tokens."""
        expected = self._replicas[0].expected
        return expected.context_length if expected else None

    def prompt_tokens(self, messages: Sequence[Message]) -> int | None:
        """The length of a conversation that one of them was asked about not long ago."""
        counters = (getattr(generator, "prompt_tokens", None) for generator in self.replicas)
        counts = (count(messages) for count in counters if callable(count))
        return next((tokens for tokens in counts if tokens is not None), None)

    async def load(self) -> ServerLoad:
        """How busy the replicas are together; unknown when one that is up does not tell."""
        up = [r for i, r in enumerate(self._replicas) if self._books.down(i) is None]
        asked = [r.generator.load() for r in up if isinstance(r.generator, Tells)]
        loads = await gather(*asked)
        overloads = sum(load.overloads for load in loads)
        running = [load.running for load in loads if load.running is not None]
        waiting = [load.waiting for load in loads if load.waiting is not None]
        if not up or len(running) < len(up) or len(waiting) < len(up):
            return ServerLoad(None, None, overloads)
        return ServerLoad(sum(running), sum(waiting), overloads)

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Exactly ``request.n`` continuations, from whichever replica answers.

        Raises what a replica raises; ``GeneratorUnavailable`` and ``MalformedResponse`` only
        when no other can help within the retry budget.
        """
        trouble = Trouble(self._retry, len(self._replicas))
        while True:
            index = self._books.assign(request.problem.id, request.n, avoid=trouble.met)
            if index is None:
                await self._until_any_is_up(trouble)
                continue
            try:
                self._watchers[index].notice_work()
                steps = await self._replicas[index].generate(request)
            except (GeneratorUnavailable, MalformedResponse) as error:
                self._failures[index] += 1
                if isinstance(error, GeneratorUnavailable):
                    self._watchers[index].notice_failure(error)
                trouble.note(index, error)
            else:
                self._failovers += trouble.failures > 0
                return steps
            finally:
                self._books.release(index, request.n)
            await trouble.rest()

    def statistics(self) -> ReplicatedStatistics:
        """Every replica, and what failing over had to do."""
        return ReplicatedStatistics(
            tuple(
                ReplicaStatistics(
                    name=replica.name,
                    down=self._books.down(index),
                    capacity=replica.capacity,
                    in_flight=self._books.in_flight(index),
                    pinned=self._books.pinned(index),
                    failures=self._failures[index],
                    detail=_statistics(replica.generator),
                )
                for index, replica in enumerate(self._replicas)
            ),
            self._failovers,
        )

    async def probe(self, *, deep: bool = False) -> None:
        """Return when one of them answers; raises ``GeneratorUnavailable`` when none does.

        Those that are down are asked all the time anyway. ``deep`` asks for a token as well.
        """
        up = [r for i, r in enumerate(self._replicas) if self._books.down(i) is None]

        async def answers(replica: Replica) -> bool:
            try:
                await replica.probe(self._patience, deep=deep)
            except (GenerationError, TimeoutError):
                return False
            return True

        if not any(await gather(*map(answers, up))):
            raise GeneratorUnavailable(f"none of the replicas answers: {self._reasons()}")

    async def check(self) -> list[ServiceReport]:
        """What every replica is and can do; one that is down is reported with the reason."""
        reports = await gather(*(self._check(index) for index in range(len(self._replicas))))
        return [report for one in reports for report in one]

    async def _check(self, index: int) -> list[ServiceReport]:
        replica, error = self._replicas[index], self._books.down(index)
        ask = getattr(replica.generator, "check", None)
        if ask is not None and error is None:
            try:
                reports: list[ServiceReport] = await ask()
            except GenerationError as failure:
                error = str(failure)
            else:
                return reports
        kind = type(replica.generator).__name__
        return [
            ServiceReport(
                role="generator",
                kind=kind,
                where=replica.name,
                model=replica.identity.model,
                context_length=replica.identity.context_length,
                capacity=replica.capacity,
                error=error,
            )
        ]

    async def _open(self, index: int) -> None:
        try:
            await self._replicas[index].open()
        except GeneratorUnavailable as error:
            self._books.set_down(index, str(error))
        else:
            self._books.set_up(index)  # it may have been down when it was closed

    def _agree(self) -> None:
        opened = [replica for replica in self._replicas if replica.is_open]
        if not opened:
            raise GeneratorUnavailable(f"none of the replicas answers: {self._reasons()}")
        first = opened[0]
        for other in opened[1:]:
            if other.identity != first.identity:
                raise ConfigurationError(
                    f"base_url: replicas must serve the same model; {first.name} serves"
                    f" {first.identity}, {other.name} {other.identity}"
                )
        for replica in self._replicas:
            replica.expected = first.identity

    async def _close(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        async with AsyncExitStack() as stack:  # closes the others even if one of them fails to
            for replica in self._replicas:
                stack.push_async_callback(replica.aclose)

    async def _until_any_is_up(self, trouble: Trouble) -> None:
        now, patience = self._retry.clock(), self._retry.patience
        since = now if self._none_up_since is None else self._none_up_since
        try:
            async with asyncio.timeout(min(trouble.seconds_left(), since + patience - now)):
                await self._any_up.wait()
        except TimeoutError:
            raise GeneratorUnavailable(
                f"none of the replicas answers, for {patience:g} s now: {self._reasons()}"
            ) from None

    def _note_change(self) -> None:
        if any(self._books.down(index) is None for index in range(len(self._replicas))):
            self._any_up.set()
            self._none_up_since = None
        elif self._none_up_since is None:
            self._any_up.clear()
            self._none_up_since = self._retry.clock()

    def _reasons(self) -> str:
        return "; ".join(filter(None, map(self._books.down, range(len(self._replicas)))))

    def __repr__(self) -> str:
        shown = (
            f"{one.name} {one.in_flight}/{one.capacity}" + (" down" if one.down else "")
            for one in self.statistics().replicas
        )
        return f"<ReplicatedGenerator model={self.model!r}: {', '.join(shown)}>"


def _statistics(generator: Generator) -> Any:
    statistics = getattr(generator, "statistics", None)
    # That of a local model has to ask its process; this is for a look, not for a question.
    if statistics is None or asyncio.iscoroutinefunction(statistics):
        return None
    return statistics()
