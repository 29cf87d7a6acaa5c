"""What journals hold, for programs that look at them later or from outside.

Ordinary blocking functions; a journal can be read while it is being written, and what is read is
what was committed by then.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from tts_async.errors import ConfigurationError
from tts_async.journal import payloads
from tts_async.journal.identity import ModelIdentity, identity_from
from tts_async.journal.runs import RunSettings
from tts_async.journal.schema import RESULT, decode_entry, explain, open_for_reading
from tts_async.types.result import Result

_RUNS: Final = """
SELECT runs.id, runs.created, runs.payload, runs.generator, runs.verifier,
    COUNT(results.run), TOTAL(results.tokens), TOTAL(results.expansions),
    TOTAL(results.verifier_calls), TOTAL(results.seconds)
FROM runs LEFT JOIN results ON results.run = runs.id GROUP BY runs.id ORDER BY runs.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as it stands in a journal.

    ``results`` problems are finished; ``tokens``, ``expansions`` and ``verifier_calls`` are what
    these cost, replayed or not, ``seconds`` their searches' wall time summed up. ``created`` is in
    UTC.
    """

    id: int
    created: datetime
    settings: RunSettings
    generator: ModelIdentity
    verifier: ModelIdentity | None
    results: int
    tokens: int
    expansions: int
    verifier_calls: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data


def read_runs(path: str | Path) -> list[RunRecord]:
    """The runs of a journal, oldest first; raises ``JournalError``."""
    path = Path(path)
    with closing(open_for_reading(path)) as connection:
        try:
            rows = connection.execute(_RUNS).fetchall()
            models = {  # after the runs: of those that begin meanwhile, models come first
                number: identity_from(fields)
                for number, *fields in connection.execute(
                    "SELECT id, kind, model, location, fingerprint FROM models"
                )
            }
        except sqlite3.Error as error:
            raise explain(error, path) from error
        return [_run(row, models, path) for row in rows]


def read_results(path: str | Path, *, run: int | None = None) -> Iterator[Result]:
    """The finished results of a journal, or of one run, with their trees.

    By run, and within a run in the order they came; one at a time, so the file may be larger than
    the memory. Results that are added meanwhile are not among them. Raises ``JournalError``;
    ``ConfigurationError`` for a run that is not there.
    """
    path = Path(path)
    with closing(open_for_reading(path)) as connection:
        try:
            if run is not None:
                _check_run(connection, path, run)
            chosen = "" if run is None else "WHERE run = :run"
            places = connection.execute(
                f"SELECT run, problem FROM results {chosen} ORDER BY run, rowid",  # noqa: S608 - no input
                {"run": run},
            ).fetchall()
            for place in places:  # a statement each: a long one would keep the file from shrinking
                row = connection.execute(RESULT, place).fetchone()
                yield decode_entry(payloads.decode_result, path, *row)
        except sqlite3.Error as error:
            raise explain(error, path) from error


def _check_run(connection: sqlite3.Connection, path: Path, run: int) -> None:
    known = [number for (number,) in connection.execute("SELECT id FROM runs ORDER BY id")]
    if run not in known:
        choices = ", ".join(map(str, known)) or "none"
        raise ConfigurationError(f"run: {path} has no run {run}; it has: {choices}")


def _run(row: tuple[Any, ...], models: dict[int, ModelIdentity], path: Path) -> RunRecord:
    number, created, payload, generator, verifier, results, *costs, seconds = row
    tokens, expansions, verifier_calls = map(int, costs)
    return RunRecord(
        id=number,
        created=datetime.fromtimestamp(created, UTC),
        settings=decode_entry(msgspec.json.Decoder(RunSettings).decode, path, payload),
        generator=models[generator],
        verifier=None if verifier is None else models[verifier],
        results=results,
        tokens=tokens,
        expansions=expansions,
        verifier_calls=verifier_calls,
        seconds=seconds,
    )
