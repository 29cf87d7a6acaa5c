"""The solver: opens what is needed, runs searches through shared lanes, closes everything."""

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tts_async.aggregate import check_aggregation
from tts_async.answers import AnswerChecker, Compare, Extract
from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError, JournalError, TTSError
from tts_async.journal import Journal
from tts_async.journal.journal import Attached
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.scheduler import Lane, Statistics, Tuner
from tts_async.solver.checkup import check_closed_service, check_servers, check_service
from tts_async.solver.many import run_many, take_until, with_seeds
from tts_async.solver.recording import begin_run
from tts_async.solver.resources import (
    EMBEDDED,
    GeneratorLike,
    VerifierLike,
    make_generator,
    make_server_generator,
    make_verifier,
)
from tts_async.solver.search import Search
from tts_async.strategies import DVTS, Majority, Resources, Settings, Strategy, make_strategy
from tts_async.types.budget import Account, Budget
from tts_async.types.checkup import CheckReport
from tts_async.types.events import Event, Observer
from tts_async.types.generation import Generator, Sampling
from tts_async.types.problem import Problem, as_problem
from tts_async.types.result import Result
from tts_async.types.scheduling import Tells
from tts_async.types.verification import Aggregation, Verifier

DEFAULT_CAPACITY = 256


class Solver:
    """Solves problems with search, many at a time; an async context manager.

    ``generator`` is a ``Generator`` or the folder of a local model, ``base_url`` an
    OpenAI-compatible server (with ``model`` and ``api_key`` as usual), or a list of servers of the
    same model; with neither, the embedded model is used, or the server at ``OPENAI_BASE_URL`` where
    ``model`` names one of its models. ``verifier`` is a ``Verifier``, a function
    ``(problem, steps) -> score(s)``, the folder, hub name or URL of a process reward model,
    ``"embedded"``, or ``"self"`` to have the generator's server judge its own steps; with nothing
    said about either, both are the embedded ones, otherwise there is none unless given. The solver
    opens and closes the objects it is given, so each of them belongs to one solver at a time.

    ``extract`` and ``compare`` replace the rules of mathematics for answers in other tasks:
    ``extract(text)`` returns the answer in a solution or ``None``, ``compare(a, b)`` tells whether
    two answers are the same; sync or async, and independent of each other (``AnswerChecker``).

    ``strategy`` (an object or a name) defaults to DVTS, or to a majority vote without a verifier.
    ``aggregation`` defaults to what the verifier declares. ``budget`` limits each search.
    ``max_in_flight`` bounds the problems that ``solve_many`` works on at a time; by default as
    many as keep the generator busy twice over. ``speculate``: while scores are on their way, draw
    the next steps of likely survivors on slots that nobody else wants; the result is the same, and
    comes sooner where the generator has room to spare. ``adapt_capacity``: have fewer sequences in
    flight than the generator's ``capacity`` where its server is no faster with all of them; for
    generators whose server can be asked how busy it is. Every event goes to each of ``observers``.

    ``journal``: a file (or a ``Journal``) in which everything is recorded that is drawn, scored and
    found, and looked up before anything is asked: a search that was interrupted continues where it
    was, and searches with the same seed share their samples. The result is the same with and
    without.

    Raises ``ConfigurationError`` for wrong arguments, and on entering ``GeneratorUnavailable``,
    ``VerifierUnavailable`` when a model cannot be loaded or a server not reached, ``JournalError``.
    """

    def __init__(
        self,
        *,
        generator: GeneratorLike | None = None,
        verifier: VerifierLike | None = None,
        strategy: Strategy | str | None = None,
        base_url: str | Sequence[str] | None = None,
        model: str | None = None,
        api_key: str | None = None,
        sampling: Sampling | None = None,
        aggregation: Aggregation | None = None,
        budget: Budget | None = None,
        system_prompt: str | None = SYSTEM_PROMPT,
        extract: Extract | None = None,
        compare: Compare | None = None,
        journal: Journal | str | os.PathLike[str] | None = None,
        seed: int = 0,
        max_in_flight: int | None = None,
        speculate: bool = False,
        adapt_capacity: bool = True,
        observers: Sequence[Observer] = (),
    ) -> None:
        if generator is not None and base_url is not None:
            raise ConfigurationError("base_url: give either a generator or a base_url, not both")
        if max_in_flight is not None and max_in_flight < 1:
            raise ConfigurationError(f"max_in_flight: must be at least 1, got {max_in_flight}")
        if base_url is None and (model is not None or api_key is not None):
            base_url = _server_of_environment(model, generator)
        self._base_urls = () if base_url is None else _read_urls(base_url)
        if verifier is None and generator is None and base_url is None:
            verifier = EMBEDDED
        self._access = (model, api_key)
        self._wanted = (generator, verifier)
        self._generator, self._verifier = self._make_services()
        self._strategy = self._resolve(strategy)
        self._chosen_aggregation = None if aggregation is None else check_aggregation(aggregation)
        self._sampling = sampling
        self._budget = budget or Budget()
        self._system_prompt = system_prompt
        self._seed = seed
        self._max_in_flight = max_in_flight
        self._speculate = speculate
        self._adapts = adapt_capacity
        self._observers = tuple(observers)
        self._ages = itertools.count()
        self._rules = (extract, compare)
        self._checker = self._make_checker()
        self._journal = Journal(journal) if isinstance(journal, str | os.PathLike) else journal
        self._attached: Attached | None = None
        self._stack = AsyncExitStack()
        self._resources: Resources | None = None

    async def __aenter__(self) -> Self:
        if self._resources is not None:
            raise ConfigurationError("solver: it is open already; make another Solver")
        # Anew each time: a local model's process is closed for good.
        self._generator, self._verifier = self._make_services()
        self._checker = self._make_checker()
        try:
            if self._journal is not None:  # first: models may take minutes to load, and it is quick
                await self._stack.enter_async_context(self._journal.opened())
            self._generator = self._generator or await self._make_server_generator()
            managed: tuple[Any, ...] = (self._generator, self._verifier, self._checker)
            await gather(  # together: each may have a model to load
                *(self._stack.enter_async_context(m) for m in managed if hasattr(m, "__aenter__"))
            )
            if self._journal is not None:
                self._attached = await self._journal.attach(self._generator, self._verifier)
        except BaseException:
            await self._stack.aclose()
            raise
        lane = Lane("generation", _capacity(self._generator))
        if self._adapts and isinstance(self._generator, Tells):
            tuning = asyncio.create_task(Tuner(lane, self._generator.load).run())
            self._stack.push_async_callback(_end, tuning)
        journaled = self._attached
        self._resources = Resources(
            generator=journaled.generator if journaled else self._generator,
            verifier=journaled.verifier if journaled else self._verifier,
            generation_lane=lane,
            verification_lane=Lane("verification", _capacity(self._verifier)),
            checker=self._checker,
            recall=journaled.generator.recall if journaled else None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources = self._attached = None
        await self._stack.aclose()

    async def solve(
        self,
        problem: str | Problem,
        *,
        strategy: Strategy | str | None = None,
        budget: Budget | None = None,
        deadline: float | None = None,
        seed: int | None = None,
        sampling: Sampling | None = None,
    ) -> Result:
        """Search for the answer to one problem.

        What is not given here is as the solver has it. ``deadline``: seconds from now until a
        result must be there; then the best answer so far counts. Cancelling the call stops the
        search and everything it has in flight. Raises ``TTSError``.
        """
        return await self._search(
            problem, strategy, budget, deadline, seed, sampling=sampling
        ).run()

    async def solve_many(
        self,
        problems: Iterable[str | Problem] | AsyncIterable[str | Problem],
        *,
        strategy: Strategy | str | None = None,
        budget: Budget | None = None,
        deadline: float | None = None,
        seed: int | None = None,
        seeds: Sequence[int] | None = None,
        sampling: Sampling | None = None,
        run_budget: Budget | None = None,
        ordered: bool = False,
    ) -> AsyncGenerator[Result, None]:
        """Search many problems together; yields each result when it is there.

        ``problems`` may be endless: only as many are read as are worked on. ``ordered`` yields in
        the order of the input instead. ``seeds`` instead of ``seed``: every problem with the first
        of them, then every problem with the second, and so on. ``deadline`` counts from the
        admission of each problem. ``run_budget`` is what all of them may spend together: once it
        is spent, those under way end with their best answers so far, and no further problem is
        begun. A problem whose search fails yields a result with ``stop_reason="error"`` and
        ``error`` set; the others go on. Leaving the loop early cancels what is in flight (wrap it
        in ``contextlib.aclosing`` to have that happen at once).
        """
        if seeds is not None and (seed is not None or not seeds):
            raise ConfigurationError("seeds: give at least one, and no seed beside them")
        chosen = self._resolve(strategy) if strategy is not None else self._strategy
        account = None if run_budget is None else Account(run_budget)
        end = None
        if run_budget is not None and run_budget.seconds is not None:
            end = asyncio.get_running_loop().time() + run_budget.seconds

        def is_over() -> bool:
            spent = account is not None and account.exhausted
            return spent or (end is not None and asyncio.get_running_loop().time() >= end)

        async def run(item: tuple[str | Problem, int | None]) -> Result:
            problem, own_seed = item
            search = self._search(
                problem,
                chosen,
                budget,
                deadline,
                own_seed,
                sampling=sampling,
                run=account,
                end=end,
            )
            try:
                return await search.run()
            except (ConfigurationError, JournalError):
                raise  # it would be the same for every problem: the caller's to fix
            except TTSError as error:
                return search.failure(error)

        limit = self._max_in_flight or self._enough_for(chosen)
        admitted = take_until(with_seeds(problems, seeds or [seed]), is_over)
        async with aclosing(run_many(admitted, run, limit=limit, ordered=ordered)) as results:
            async for result in results:
                yield result

    async def stream(
        self,
        problem: str | Problem,
        *,
        strategy: Strategy | str | None = None,
        budget: Budget | None = None,
        deadline: float | None = None,
        seed: int | None = None,
        sampling: Sampling | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Search one problem and yield its events.

        The last one is ``SearchFinished`` with the result.
        An error of the search is raised after its ``SearchFailed`` event. Leaving the loop early
        cancels the search.
        """
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        search = self._search(
            problem,
            strategy,
            budget,
            deadline,
            seed,
            sampling=sampling,
            observers=[events.put_nowait],
        )
        task = asyncio.create_task(search.run())
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def check(self) -> CheckReport:
        """What generator and verifier are, what they can do, what is missing and how to get it.

        On an open solver it is a look at what is in use; on any other they are opened for the
        purpose and closed again. One that cannot be reached is a line of the report. Raises
        ``ConfigurationError``.
        """
        if self._resources is not None:
            look, generator, verifier = check_service, self._generator, self._verifier
        else:
            look, (generator, verifier) = check_closed_service, self._make_services()
        looks = []
        if generator is not None:
            looks.append(look(generator, "generator"))
        else:
            looks.append(check_servers(self._make_server_generator, self._base_urls))
        if verifier is not None:
            looks.append(look(verifier, "verifier"))
        found = await gather(*looks)
        return CheckReport(tuple(service for services in found for service in services))

    @property
    def settings(self) -> Settings:
        """How a search runs that is told nothing else; what the models declare counts once open."""
        return Settings(
            sampling=self._sampling or getattr(self._generator, "sampling", None) or Sampling(),
            aggregation=self._aggregation,
            system_prompt=self._system_prompt,
            budget=self._budget,
            seed=self._seed,
            age=0,
            speculate=self._speculate,
        )

    @property
    def strategy(self) -> Strategy:
        """What a search uses that is told no other."""
        return self._strategy

    @property
    def has_verifier(self) -> bool:
        """Whether strategies that score steps can be used."""
        return self._verifier is not None

    @property
    def verifier(self) -> Verifier | None:
        """What scores, to be asked for its own statistics; another one after each opening."""
        return self._verifier

    @property
    def checker(self) -> AnswerChecker:
        """The rules for answers in use; judges by them for as long as the solver is open."""
        return self._opened().checker

    def statistics(self) -> dict[str, Statistics]:
        """The state of the lanes."""
        resources = self._opened()
        return {
            lane.name: lane.statistics()
            for lane in (resources.generation_lane, resources.verification_lane)
            if isinstance(lane, Lane)
        }

    def _make_services(self) -> tuple[Generator | None, Verifier | None]:
        """Generator and verifier, not opened yet; no generator where a server is to be asked."""
        generator, verifier = self._wanted
        model, api_key = self._access
        return (
            None if self._base_urls else make_generator(generator),
            None
            if verifier is None
            else make_verifier(verifier, base_urls=self._base_urls, model=model, api_key=api_key),
        )

    def _make_checker(self) -> AnswerChecker:
        extract, compare = self._rules
        return AnswerChecker(extract=extract, compare=compare)

    async def _make_server_generator(self) -> Generator:
        return await make_server_generator(self._base_urls, *self._access)

    def _search(
        self,
        problem: str | Problem,
        strategy: Strategy | str | None,
        budget: Budget | None,
        deadline: float | None,
        seed: int | None,
        *,
        sampling: Sampling | None,
        observers: Sequence[Observer] = (),
        run: Account | None = None,
        end: float | None = None,
    ) -> Search:
        problem = as_problem(problem)
        if deadline is not None and deadline <= 0:
            raise ConfigurationError(f"deadline: must be positive seconds, got {deadline}")
        listeners = (*self._observers, *observers)

        def emit(event: Event) -> None:
            for listener in listeners:
                listener(event)

        now = asyncio.get_running_loop().time()
        limits = [now + seconds for seconds in (deadline, problem.deadline) if seconds is not None]
        resources = self._opened()
        chosen = self._strategy if strategy is None else self._resolve(strategy)
        usual = self.settings
        settings = replace(
            usual,
            sampling=sampling or usual.sampling,
            budget=budget or usual.budget,
            seed=usual.seed if seed is None else seed,
            age=next(self._ages),
            run=run,
        )
        return Search(
            problem=problem,
            strategy=chosen,
            resources=resources,
            settings=settings,
            emit=emit,
            deadline=min(limits, default=None),
            run_end=end,
            recorded=(
                None
                if self._attached is None
                else begin_run(self._attached, chosen, settings, resources.checker)
            ),
        )

    def _opened(self) -> Resources:
        if self._resources is None:
            raise ConfigurationError(
                "solver: it is not open; use 'async with Solver(...) as solver'"
            )
        return self._resources

    def _resolve(self, strategy: Strategy | str | None) -> Strategy:
        if strategy is None:
            return Majority() if self._verifier is None else DVTS()
        if isinstance(strategy, type):
            name = strategy.__name__
            raise ConfigurationError(f"strategy: {name} is a class; pass an object, {name}()")
        return make_strategy(strategy) if isinstance(strategy, str) else strategy

    def _enough_for(self, strategy: Strategy) -> int:
        width = getattr(strategy, "n", 1)
        return 1 + 2 * _capacity(self._generator) // max(1, width)

    @property
    def _aggregation(self) -> Aggregation:
        """Looked up when a search begins: a model may not say before it is loaded."""
        declared: Aggregation | None = getattr(self._verifier, "aggregation", None)
        return self._chosen_aggregation or check_aggregation(declared or "last")

    def __repr__(self) -> str:
        state = "closed" if self._resources is None else f"{self.statistics()}"
        return f"<Solver {self._generator!r} {self._verifier!r} {state}>"


def _read_urls(base_url: str | Sequence[str]) -> tuple[str, ...]:
    urls = (base_url,) if isinstance(base_url, str) else base_url
    if not isinstance(urls, Sequence) or not all(isinstance(url, str) for url in urls):
        raise ConfigurationError(
            f"base_url: expected the URL of a server or a list of them, got {base_url!r}"
        )
    if not all(urls) or not urls:
        raise ConfigurationError("base_url: it is empty; give the URL of a server, or several")
    return tuple(urls)


def _server_of_environment(model: str | None, generator: GeneratorLike | None) -> str:
    """Where a model without a server is: it would be worse to ignore it."""
    url = os.environ.get("OPENAI_BASE_URL")
    if url and generator is None:
        return url
    field = "api_key" if model is None else "model"
    raise ConfigurationError(
        f"{field}: is for a server; give its base_url"
        + (", or set OPENAI_BASE_URL" if generator is None else " instead of a generator")
    )


def _capacity(resource: Generator | Verifier | None) -> int:
    capacity: int = getattr(resource, "capacity", DEFAULT_CAPACITY)
    return capacity


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
