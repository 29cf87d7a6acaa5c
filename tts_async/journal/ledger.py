"""What an open journal knows, in memory, and how it learns more.

The keys of everything stored are in memory, so what is new is known to be new without a look at the
file, and a fresh journal is never asked anything. What is recorded counts as known at once: the
writer answers questions about what it has been given before.
"""

import time
from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from tts_async.journal.database import Contents
from tts_async.journal.identity import ModelIdentity
from tts_async.journal.keys import conversation_key, problem_key
from tts_async.journal.runs import RunSettings
from tts_async.journal.statistics import JournalStatistics
from tts_async.journal.writer import Writer
from tts_async.lru import LruDict
from tts_async.types.generation import Step
from tts_async.types.problem import Problem
from tts_async.types.result import Result
from tts_async.types.verification import StepScores

PROBLEMS: Final = 4096
"""Digests of so many problems are kept; those of others are computed again."""


class _Entry(NamedTuple):
    problem: Problem  # held, so that nothing else gets its address
    number: int
    key: bytes


class Ledger:
    """The keys, the writer and the books of one open journal."""

    def __init__(self, contents: Contents, writer: Writer) -> None:
        self.statistics = JournalStatistics()
        self._known = contents
        self._writer = writer
        self._score_rows = count(max(contents.scores.values(), default=0) + 1)
        self._generator = _generator_of(contents)
        self._latest: _Entry | None = None
        self._entries = LruDict[int, _Entry](PROBLEMS)
        self._conversations = LruDict[tuple[int, str | None], tuple[Problem, bytes]](PROBLEMS)

    def admit(self, generator: ModelIdentity) -> str | None:
        """Have a generator fill the journal; if another one does, in what the two differ."""
        self._generator = self._generator or generator
        return self._generator.difference(generator)

    def model(self, role: str, identity: ModelIdentity) -> int:
        """The number of a model."""
        number = self._known.models.get((role, identity))
        if number is None:
            number = self._known.models[role, identity] = len(self._known.models) + 1
            fields = (identity.kind, identity.model, identity.location, identity.fingerprint)
            self._writer.write("models", (number, time.time(), role, *fields))
        return number

    def run(self, key: bytes, generator: int, verifier: int | None, settings: RunSettings) -> int:
        """The number of a run, which begins here unless it has before."""
        number = self._known.runs.get(key)
        if number is None:
            number = self._known.runs[key] = len(self._known.runs) + 1
            row = (number, key, time.time(), generator, verifier, settings)
            self._writer.write("runs", row)
        return number

    def conversation(self, problem: Problem, system_prompt: str | None) -> bytes:
        """The key of what the generator sees of a problem."""
        place = (id(problem), system_prompt)
        if place not in self._conversations:
            key = conversation_key(problem, system_prompt)
            self._conversations[place] = (problem, key)
        return self._conversations[place][1]

    def problem(self, problem: Problem) -> bytes:
        """The key of the whole problem."""
        return self._entry(problem).key

    async def find_steps(self, key: bytes, n: int) -> list[Step] | None:
        """The continuations under a key, if there are as many."""
        if key not in self._known.expansions:
            return None
        steps = await self._writer.ask(lambda file: file.steps(key, n))
        if steps is not None:
            self.statistics.replayed_expansions += 1
            self.statistics.replayed_tokens += sum(step.tokens for step in steps)
        return steps

    async def record_steps(self, problem: Problem, key: bytes, steps: Sequence[Step]) -> None:
        """Have them written soon."""
        await self._writer.room()
        self._known.expansions.add(key)
        number = self._entry(problem).number
        self._writer.write("expansions", (key, len(steps), number, steps))

    async def find_scores(self, keys: Sequence[bytes]) -> dict[bytes, list[float]]:
        """What is known of them."""
        rows = {key: self._known.scores[key] for key in keys if key in self._known.scores}
        if not rows:
            return {}
        numbers = set(rows.values())
        stored = await self._writer.ask(lambda file: file.scores(numbers))
        self.statistics.replayed_scores += len(rows)
        return {key: stored[key] for key in rows}

    async def record_scores(
        self, problem: Problem, keys: Sequence[bytes], scores: Sequence[StepScores]
    ) -> None:
        """Have the scores of some paths written soon, as one row."""
        await self._writer.room()
        number = next(self._score_rows)
        self._known.scores.update(dict.fromkeys(keys, number))
        row = (number, self._entry(problem).number, b"".join(keys), scores)
        self._writer.write("scores", row)

    async def find_result(self, run: int, problem: Problem) -> Result | None:
        """The finished search of a problem, if there is one."""
        number = self._entry(problem).number
        if (run, number) not in self._known.results:
            return None
        result = await self._writer.ask(lambda file: file.result(run, number))
        if result is not None:
            self.statistics.replayed_results += 1
            self.statistics.replayed_expansions += result.spend.expansions
            self.statistics.replayed_tokens += result.spend.tokens
            self.statistics.replayed_scores += result.spend.verifier_calls
        return result

    async def record_result(self, run: int, result: Result) -> None:
        """Returns when it is in the file."""
        number, spend = self._entry(result.problem).number, result.spend
        self._known.results.add((run, number))
        cost = (spend.tokens, spend.expansions, spend.verifier_calls, spend.seconds)
        row = (run, number, time.time(), result.stop_reason, *cost, result)
        self._writer.write("results", row)
        await self._writer.written()

    def _entry(self, problem: Problem) -> _Entry:
        """A problem's number and key; one that is new is recorded."""
        if self._latest is not None and self._latest.problem is problem:
            return self._latest  # as a rule: what is asked together belongs to one search
        place = id(problem)
        if place in self._entries:
            self._latest = self._entries[place]
            return self._latest
        key = problem_key(problem)
        number = self._known.problems.get(key)
        if number is None:
            number = self._known.problems[key] = len(self._known.problems) + 1
            self._writer.write("problems", (number, key, problem))
        self._latest = self._entries[place] = _Entry(problem, number, key)
        return self._latest


def _generator_of(contents: Contents) -> ModelIdentity | None:
    """What has filled a journal so far, if anything has."""
    if not contents.expansions:
        return None
    known = [identity for role, identity in contents.models if role == "generator"]
    return known[-1] if known else None
