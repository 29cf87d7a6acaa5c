"""A journal: everything that was drawn and scored, so that nothing has to be again."""

import os
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tts_async.errors import ConfigurationError, JournalError
from tts_async.journal.generator import JournaledGenerator
from tts_async.journal.identity import ModelIdentity, identify
from tts_async.journal.ledger import Ledger
from tts_async.journal.runs import RunSettings
from tts_async.journal.statistics import JournalStatistics
from tts_async.journal.verifier import JournaledVerifier
from tts_async.journal.writer import Writer
from tts_async.types.generation import Generator
from tts_async.types.problem import Problem
from tts_async.types.result import Result
from tts_async.types.verification import Verifier


class Journal:
    """A file that makes a search repeatable: pass it to ``Solver(journal=...)``.

    What the generator and the verifier answered is recorded under what they were asked, and
    finished results too. A search that is run again with the same seed, after a crash for instance,
    is asked for nothing that is there; one that shares samples with an earlier one gets these.
    ``path`` is created where it does not exist. The solver opens and closes the journal, unless it
    is open already (``async with``): then several solvers may share it.

    One process writes a journal at a time; any number may read it (``read_runs``,
    ``read_results``). Of one generator, and of any number of verifiers. Not for network file
    systems, whose locks SQLite cannot trust.

    Opening raises ``JournalError`` when another process writes it, when it is no journal, damaged
    or of another version, and when it cannot be written; ``ConfigurationError`` when another
    generator has filled it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._writer: Writer | None = None
        self._ledger: Ledger | None = None

    async def __aenter__(self) -> Self:
        if self._writer is not None:
            raise ConfigurationError(f"journal: {self.path} is open already")
        self._writer = Writer(self.path)
        try:
            self._ledger = Ledger(await self._writer.open(), self._writer)
        except BaseException:
            self._writer = None
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.aclose()

    @property
    def is_open(self) -> bool:
        """Whether it can be written."""
        return self._writer is not None

    def opened(self) -> "AbstractAsyncContextManager[Journal]":
        """A context in which it is open; closes it at the end only if it was not open before."""
        return nullcontext(self) if self.is_open else self

    def statistics(self) -> JournalStatistics:
        """What was asked and what was replayed since it was opened (last); a copy."""
        return JournalStatistics() if self._ledger is None else replace(self._ledger.statistics)

    async def attach(self, generator: Generator, verifier: Verifier | None) -> "Attached":
        """Opened models, as seen through the journal; raises ``ConfigurationError``."""
        if self._ledger is None or self._writer is None:
            raise JournalError(f"journal: {self.path} is not open")
        identity = await identify(generator)
        difference = self._ledger.admit(identity)
        if difference is not None:
            raise ConfigurationError(
                f"journal: another generator fills {self.path} ({difference}); use that one,"
                " or a journal of its own for each generator"
            )
        judge = None if verifier is None else await identify(verifier)
        return Attached(
            generator=JournaledGenerator(generator, self._ledger),
            verifier=(
                None
                if verifier is None or judge is None
                else JournaledVerifier(verifier, judge.key, self._ledger)
            ),
            identities=(identity, judge),
            ledger=self._ledger,
        )

    def __repr__(self) -> str:
        state = f"{self.statistics()}" if self.is_open else "closed"
        return f"<Journal {self.path} {state}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A generator and a verifier behind a journal."""

    generator: JournaledGenerator
    verifier: JournaledVerifier | None
    identities: tuple[ModelIdentity, ModelIdentity | None]
    ledger: Ledger

    def run(self, settings: RunSettings, *, repeatable: bool) -> "RecordedRun":
        """The run with these settings, begun now unless it was before.

        ``repeatable``: whether they say everything that decides a result.
        """
        generator, verifier = self.identities
        number = self.ledger.run(
            settings.key(None if verifier is None else verifier.key),
            self.ledger.model("generator", generator),
            None if verifier is None else self.ledger.model("verifier", verifier),
            settings,
        )
        return RecordedRun(number, repeatable, self.ledger)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The results of one run."""

    number: int
    repeatable: bool
    ledger: Ledger

    async def find(self, problem: Problem) -> Result | None:
        """The result of an earlier search, if it would come out again; it carries ``problem``."""
        if not self.repeatable:
            return None
        result = await self.ledger.find_result(self.number, problem)
        return None if result is None else replace(result, problem=problem)

    async def record(self, result: Result) -> None:
        """Returns when the result is in the file, whatever happens to the process afterwards."""
        await self.ledger.record_result(self.number, result)
