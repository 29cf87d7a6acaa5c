"""The solver: one search or many, through what all of them share."""

import asyncio
import itertools
import os
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tts_async.aggregate import check_aggregation
from tts_async.answers import AnswerChecker, Compare, Extract
from tts_async.errors import ConfigurationError, JournalError, TTSError
from tts_async.journal import Journal
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.scheduler import Statistics
from tts_async.solver.many import run_many, take_until, with_seeds
from tts_async.solver.recording import begin_run
from tts_async.solver.resources import GeneratorLike, VerifierLike
from tts_async.solver.search import Search
from tts_async.solver.services import Services
from tts_async.strategies import DVTS, Majority, Settings, Strategy, make_strategy
from tts_async.types.budget import Account, Budget
from tts_async.types.checkup import CheckReport
from tts_async.types.events import Event, Observer
from tts_async.types.generation import Sampling
from tts_async.types.problem import Problem, as_problem
from tts_async.types.result import Result
from tts_async.types.verification import Aggregation, Verifier

if TYPE_CHECKING:
    from tts_async.http.retry import RetryPolicy


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
    ``retry``: how long trouble with the servers named here by their URL may last.

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
        retry: "RetryPolicy | None" = None,
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
        if max_in_flight is not None and max_in_flight < 1:
            raise ConfigurationError(f"max_in_flight: must be at least 1, got {max_in_flight}")
        self._services = Services(
            generator=generator,
            verifier=verifier,
            base_url=base_url,
            model=model,
            api_key=api_key,
            retry=retry,
            extract=extract,
            compare=compare,
            journal=journal,
            adapt_capacity=adapt_capacity,
        )
        self._strategy = self._resolve(strategy)
        self._chosen_aggregation = None if aggregation is None else check_aggregation(aggregation)
        self._sampling = sampling
        self._budget = budget or Budget()
        self._system_prompt = system_prompt
        self._seed = seed
        self._max_in_flight = max_in_flight
        self._speculate = speculate
        self._observers = tuple(observers)
        self._ages = itertools.count()

    async def __aenter__(self) -> Self:
        await self._services.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._services.aclose()

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
        of them, then every problem with the second, and so on, for which problems are kept: of
        endless ones give a single seed. ``deadline`` counts from the admission of each problem.
        ``run_budget`` is what all of them may spend together: once it is spent, those under way end
        with their best answers so far, and no further problem is begun. A problem whose search
        fails yields a result with ``stop_reason="error"`` and ``error`` set; the others go on.
        Leaving the loop early cancels what is in flight (wrap it in ``contextlib.aclosing`` to have
        that happen at once).
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

    async def check(self, *, quick: bool = False) -> CheckReport:
        """What generator and verifier are, what they can do, what is missing and how to get it.

        On an open solver it is a look at what is in use; on any other they are opened for the
        purpose and closed again. One that cannot be reached is a line of the report. ``quick``:
        only whether they answer, within seconds and, on servers, without a token. Raises
        ``ConfigurationError``.
        """
        return await self._services.check(quick=quick)

    @property
    def settings(self) -> Settings:
        """How a search runs that is told nothing else; what the models declare counts once open."""
        declared: Sampling | None = getattr(self._services.generator, "sampling", None)
        return Settings(
            sampling=self._sampling or declared or Sampling(),
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
        return self._services.verifier is not None

    @property
    def verifier(self) -> Verifier | None:
        """What scores, to be asked for its own statistics; another one after each opening."""
        return self._services.verifier

    def prompt_tokens(self, problem: Problem) -> int | None:
        """The length of a problem's prompt, as of its last search, where the generator tells it."""
        count = getattr(self._services.generator, "prompt_tokens", None)
        tokens: int | None = count(problem.messages(self._system_prompt)) if count else None
        return tokens

    @property
    def checker(self) -> AnswerChecker:
        """The rules for answers in use; judges by them for as long as the solver is open."""
        return self._services.resources.checker

    def statistics(self) -> dict[str, Statistics]:
        """The state of the lanes."""
        return self._services.statistics()

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
        if deadline is not None and not deadline > 0:
            raise ConfigurationError(f"deadline: must be positive seconds, got {deadline}")
        listeners = (*self._observers, *observers)

        def emit(event: Event) -> None:
            for listener in listeners:
                listener(event)

        now = asyncio.get_running_loop().time()
        limits = [now + seconds for seconds in (deadline, problem.deadline) if seconds is not None]
        resources = self._services.resources
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
                if self._services.journal is None
                else begin_run(self._services.journal, chosen, settings, resources.checker)
            ),
        )

    def _resolve(self, strategy: Strategy | str | None) -> Strategy:
        if strategy is None:
            return DVTS() if self.has_verifier else Majority()
        if isinstance(strategy, type):
            name = strategy.__name__
            raise ConfigurationError(f"strategy: {name} is a class; pass an object, {name}()")
        return make_strategy(strategy) if isinstance(strategy, str) else strategy

    def _enough_for(self, strategy: Strategy) -> int:
        width = getattr(strategy, "n", 1)
        return 1 + 2 * self._services.capacity // max(1, width)

    @property
    def _aggregation(self) -> Aggregation:
        """Looked up when a search begins: a model may not say before it is loaded."""
        declared: Aggregation | None = getattr(self.verifier, "aggregation", None)
        return self._chosen_aggregation or check_aggregation(declared or "last")

    def __repr__(self) -> str:
        services = self._services
        state = f"{self.statistics()}" if services.is_open else "closed"
        return f"<Solver {services.generator!r} {services.verifier!r} {state}>"
