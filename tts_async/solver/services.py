"""What a solver works with: models, lanes, rules for answers and a journal, opened together."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any

from tts_async.answers import AnswerChecker, Compare, Extract
from tts_async.concurrency import gather
from tts_async.errors import ConfigurationError
from tts_async.journal import Journal
from tts_async.journal.journal import Attached
from tts_async.scheduler import Lane, Statistics, Tuner
from tts_async.solver.checkup import check_closed_service, check_servers, check_service
from tts_async.solver.resources import (
    EMBEDDED,
    GeneratorLike,
    VerifierLike,
    make_generator,
    make_server_generator,
    make_verifier,
)
from tts_async.strategies import Resources
from tts_async.types.checkup import CheckReport
from tts_async.types.generation import Generator
from tts_async.types.scheduling import Tells
from tts_async.types.verification import Verifier

if TYPE_CHECKING:
    from tts_async.http.retry import RetryPolicy

DEFAULT_CAPACITY = 256


class Services:
    """What the arguments of a ``Solver`` ask for, made, opened and closed.

    ``generator``, ``verifier`` and ``checker`` are others after each opening, unless the user
    brought them: a local model's process is closed for good. There is no ``generator`` yet where a
    server is to be asked which one it needs. ``journal``: the models behind the journal that is
    open, if one is. Raises ``ConfigurationError``.
    """

    def __init__(
        self,
        *,
        generator: GeneratorLike | None,
        verifier: VerifierLike | None,
        base_url: str | Sequence[str] | None,
        model: str | None,
        api_key: str | None,
        retry: "RetryPolicy | None",
        extract: Extract | None,
        compare: Compare | None,
        journal: Journal | str | os.PathLike[str] | None,
        adapt_capacity: bool,
    ) -> None:
        if generator is not None and base_url is not None:
            raise ConfigurationError("base_url: give either a generator or a base_url, not both")
        if base_url is None and (model is not None or api_key is not None):
            base_url = _server_of_environment(model, generator)
        if verifier is None and generator is None and base_url is None:
            verifier = EMBEDDED
        self._base_urls = () if base_url is None else _read_urls(base_url)
        self._access = (model, api_key, retry)
        self._wanted = (generator, verifier)
        self._rules = (extract, compare)
        self._adapts = adapt_capacity
        self._file = Journal(journal) if isinstance(journal, str | os.PathLike) else journal
        self._stack = AsyncExitStack()
        self._resources: Resources | None = None
        self.journal: Attached | None = None
        self.generator, self.verifier = self._make_models()
        self.checker = self._make_checker()

    async def open(self) -> None:
        """Open everything, or nothing; raises what the models and the journal raise."""
        if self._resources is not None:
            raise ConfigurationError("solver: it is open already; make another Solver")
        self.generator, self.verifier = self._make_models()
        self.checker = self._make_checker()
        try:
            generator = await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        self._resources = self._connect(generator)

    async def aclose(self) -> None:
        """Close everything; safe to call twice."""
        self._resources = self.journal = None
        await self._stack.aclose()

    @property
    def resources(self) -> Resources:
        """What searches share; raises ``ConfigurationError`` when it is not open."""
        if self._resources is None:
            raise ConfigurationError(
                "solver: it is not open; use 'async with Solver(...) as solver'"
            )
        return self._resources

    @property
    def is_open(self) -> bool:
        """Whether searches can begin."""
        return self._resources is not None

    @property
    def capacity(self) -> int:
        """How many sequences the generator takes at a time."""
        return _capacity(self.generator)

    def statistics(self) -> dict[str, Statistics]:
        """The state of the lanes."""
        lanes = (self.resources.generation_lane, self.resources.verification_lane)
        return {lane.name: lane.statistics() for lane in lanes if isinstance(lane, Lane)}

    async def check(self, *, quick: bool) -> CheckReport:
        """A look at the models in use, or, where none are, at others that are opened for it."""
        if self._resources is not None:
            look, generator, verifier = check_service, self.generator, self.verifier
        else:
            look, (generator, verifier) = check_closed_service, self._make_models()
        looks = []
        if generator is not None:
            looks.append(look(generator, "generator", quick=quick))
        else:
            looks.append(check_servers(self._make_server_generator, self._base_urls, quick=quick))
        if verifier is not None:
            looks.append(look(verifier, "verifier", quick=quick))
        found = await gather(*looks)
        return CheckReport(tuple(service for services in found for service in services))

    async def _open(self) -> Generator:
        if self._file is not None:  # first: models may take minutes to load, and it is quick
            await self._stack.enter_async_context(self._file.opened())
        generator = self.generator = self.generator or await self._make_server_generator()
        managed: tuple[Any, ...] = (generator, self.verifier, self.checker)
        await gather(  # together: each may have a model to load
            *(self._stack.enter_async_context(m) for m in managed if hasattr(m, "__aenter__"))
        )
        if self._file is not None:
            self.journal = await self._file.attach(generator, self.verifier)
        return generator

    def _connect(self, generator: Generator) -> Resources:
        """The models behind lanes, and behind the journal where there is one."""
        lane = Lane("generation", self.capacity)
        if self._adapts and isinstance(generator, Tells):
            tuning = asyncio.create_task(Tuner(lane, generator.load).run())
            self._stack.push_async_callback(_end, tuning)
        journal = self.journal
        return Resources(
            generator=journal.generator if journal else generator,
            verifier=journal.verifier if journal else self.verifier,
            generation_lane=lane,
            verification_lane=Lane("verification", _capacity(self.verifier)),
            checker=self.checker,
            recall=journal.generator.recall if journal else None,
        )

    def _make_models(self) -> tuple[Generator | None, Verifier | None]:
        generator, verifier = self._wanted
        model, api_key, retry = self._access
        return (
            None if self._base_urls else make_generator(generator),
            None
            if verifier is None
            else make_verifier(
                verifier, base_urls=self._base_urls, model=model, api_key=api_key, retry=retry
            ),
        )

    def _make_checker(self) -> AnswerChecker:
        extract, compare = self._rules
        return AnswerChecker(extract=extract, compare=compare)

    async def _make_server_generator(self) -> Generator:
        return await make_server_generator(self._base_urls, *self._access)


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
