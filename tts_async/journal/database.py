"""The file as the writer's thread sees it: batches of rows go in, questions are answered.

Everything here blocks, so nothing here runs in an event loop. Rows are turned into bytes here too.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from tts_async.journal import payloads
from tts_async.journal.identity import ModelIdentity, identity_from
from tts_async.journal.keys import split_keys
from tts_async.journal.lock import WriterLock
from tts_async.journal.schema import RESULT, decode_entry, explain, open_for_writing
from tts_async.types.generation import Step
from tts_async.types.result import Result

Row = tuple[Any, ...]
Batch = Mapping[str, Sequence[Row]]
"""Rows by table."""
Question = Callable[["Database"], Any]
"""What is asked of the file once the batch is in it."""

_INSERTS: Final = {
    "models": "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)",
    "problems": "INSERT INTO problems VALUES (?, ?, ?)",
    "runs": "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)",
    # The first answer counts: the same question may have been asked twice at the same time.
    "expansions": "INSERT OR IGNORE INTO expansions VALUES (?, ?, ?, ?)",
    "scores": "INSERT INTO scores VALUES (?, ?, ?, ?)",
    "results": "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
}

_ENCODERS: Final[dict[str, Callable[[Any], object]]] = {
    "models": lambda fingerprint: fingerprint,
    "problems": payloads.encode_problem,
    "runs": msgspec.json.encode,
    "expansions": payloads.encode_steps,
    "scores": payloads.encode_scores,
    "results": payloads.encode_result,
}
"""How the last field of a row is stored."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an opened journal holds, by key: enough to know what need not be asked of the file.

    ``models`` by role and identity, ``problems`` and ``runs`` by digest, each with its number;
    ``scores`` with the row they are in; ``results`` as pairs of the numbers of run and problem.
    """

    models: dict[tuple[str, ModelIdentity], int]
    problems: dict[bytes, int]
    runs: dict[bytes, int]
    expansions: set[bytes]
    scores: dict[bytes, int]
    results: set[tuple[int, int]]


class Database:
    """An open journal, and the right to write it; raises ``JournalError``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = WriterLock(path)
        try:
            self._connection = open_for_writing(path)
        except BaseException:
            self._lock.release()
            raise

    def contents(self) -> Contents:
        """The keys of everything."""
        rows = self._connection.execute
        try:
            models = rows("SELECT role, kind, model, location, fingerprint, id FROM models")
            return Contents(
                models={(role, identity_from(fields)): number for role, *fields, number in models},
                problems=dict(rows("SELECT digest, id FROM problems")),
                runs=dict(rows("SELECT digest, id FROM runs")),
                expansions={key for (key,) in rows("SELECT key FROM expansions")},
                scores={
                    key: number
                    for keys, number in rows("SELECT keys, id FROM scores")
                    for key in split_keys(keys)
                },
                results=set(rows("SELECT run, problem FROM results")),
            )
        except sqlite3.Error as error:
            raise explain(error, self._path) from error

    def perform(self, batch: Batch, questions: Sequence[Question]) -> list[Any]:
        """Write the batch, all of it or nothing, and then answer the questions."""
        try:
            if batch:
                self._write(batch)
            return [question(self) for question in questions]
        except sqlite3.Error as error:
            raise explain(error, self._path) from error

    def steps(self, key: bytes, n: int) -> list[Step] | None:
        """The first ``n`` continuations under a key: what was asked for so, or the start of more.

        The contract of generators makes that the same: continuation ``i`` depends on the request
        and on ``i``, not on how many were asked for with it.
        """
        row = self._connection.execute(
            "SELECT payload FROM expansions WHERE key = ? AND n >= ? ORDER BY n LIMIT 1", (key, n)
        ).fetchone()
        return None if row is None else decode_entry(payloads.decode_steps, self._path, row[0])[:n]

    def scores(self, numbers: Iterable[int]) -> dict[bytes, list[float]]:
        """The scores in some rows, by key."""
        found: dict[bytes, list[float]] = {}
        for number in numbers:
            keys, payload = self._connection.execute(
                "SELECT keys, payload FROM scores WHERE id = ?", (number,)
            ).fetchone()
            found.update(
                zip(
                    split_keys(keys),
                    decode_entry(payloads.decode_scores, self._path, payload),
                    strict=True,
                )
            )
        return found

    def result(self, run: int, problem: int) -> Result | None:
        """The finished search of a problem in a run."""
        row = self._connection.execute(RESULT, (run, problem)).fetchone()
        return None if row is None else decode_entry(payloads.decode_result, self._path, *row)

    def close(self) -> None:
        """Leave one tidy file behind, and let others write."""
        try:
            self._connection.close()
        except sqlite3.Error as error:
            raise explain(error, self._path) from error
        finally:
            self._lock.release()

    def _write(self, batch: Batch) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for table, rows in batch.items():
                encode = _ENCODERS[table]
                stored = ((*row[:-1], encode(row[-1])) for row in rows)
                self._connection.executemany(_INSERTS[table], stored)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise
