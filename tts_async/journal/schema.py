"""What is in the file: an SQLite database of six tables, marked as ours.

A table of models and one of problems are what the others refer to by number. ``expansions`` and
``scores`` are found by the digest of what decides them and belong to nobody, so that every run
shares them; ``results`` belong to a run. Paths that were scored together are one row of
``scores``, their keys one behind the other: an index of single paths would be most of the work.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from tts_async.errors import JournalError

T = TypeVar("T")

APPLICATION_ID: Final = 0x54545361
"""Stands in the header of the file, as SQLite provides for."""
VERSION: Final = 1

TABLES: Final = """
CREATE TABLE models (
    id INTEGER PRIMARY KEY, created REAL NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
    model TEXT, location TEXT, fingerprint TEXT
);
CREATE TABLE problems (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, payload BLOB NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, created REAL NOT NULL,
    generator INTEGER NOT NULL, verifier INTEGER, payload BLOB NOT NULL
);
CREATE TABLE expansions (
    key BLOB NOT NULL, n INTEGER NOT NULL, problem INTEGER NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (key, n)
);
CREATE TABLE scores (
    id INTEGER PRIMARY KEY, problem INTEGER NOT NULL, keys BLOB NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE results (
    run INTEGER NOT NULL, problem INTEGER NOT NULL, created REAL NOT NULL,
    stop_reason TEXT NOT NULL, tokens INTEGER NOT NULL, expansions INTEGER NOT NULL,
    verifier_calls INTEGER NOT NULL, seconds REAL NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (run, problem)
);
"""

RESULT: Final = """
SELECT results.payload, problems.payload
FROM results JOIN problems ON problems.id = results.problem WHERE run = ? AND problem = ?
"""
"""A result and its problem, by the numbers of run and problem."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The database, created where there is none; raises ``JournalError``.

    A transaction that a crash cut off is undone by SQLite; one that was committed is there. What
    was committed survives the end of the process, however it ends; the last moments before a power
    failure may be missing.
    """
    try:
        # The writer's thread uses it, and another one closes it when the writer is gone.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            if _is_new(connection):
                _create(connection)
            check(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            # Whether the disk takes anything at all: now, and not with the first result.
            connection.executescript(f"BEGIN IMMEDIATE; PRAGMA user_version = {VERSION}; COMMIT;")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explain(error, path) from error
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The database of a journal, which another process may be writing; raises ``JournalError``."""
    if not path.is_file():
        raise JournalError(f"journal: {path} does not exist")
    try:
        try:
            return _connect(path, "mode=rw")  # leaves no files of its own behind, as mode=ro does
        except sqlite3.OperationalError:
            return _connect(path, "immutable=1" if _is_settled(path) else "mode=ro")
    except sqlite3.Error as error:
        raise explain(error, path) from error


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ``JournalError`` unless it is a journal of this version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        what = "is empty" if _is_new(connection) else "is a database of something else"
        raise JournalError(f"journal: {path} {what}; give another path")
    if version != VERSION:
        newer = "a newer" if version > VERSION else "an older"
        raise JournalError(
            f"journal: {path} was written by {newer} version of tts_async (its format is {version},"
            f" this one's is {VERSION}); use that version, or begin a new journal"
        )


def explain(error: sqlite3.Error, path: Path) -> JournalError:
    """What SQLite says, in words that help."""
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_NOTADB":
        return JournalError(f"journal: {path} is not a journal; give another path")
    if name.startswith("SQLITE_CORRUPT"):
        return JournalError(
            f"journal: {path} is damaged ({error}); `sqlite3 {path} .recover` may save what is in"
            " it, or begin a new journal"
        )
    if name == "SQLITE_FULL":
        return JournalError(
            f"journal: there is no room left for {path}; what was recorded before is safe: make"
            " room and start again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return JournalError(
            f"journal: cannot write {path} ({error}); check its folder's permissions"
        )
    return JournalError(f"journal: {path}: {error}")


def decode_entry(decode: Callable[..., T], path: Path, *entry: bytes) -> T:
    """What ``decode`` makes of an entry; raises ``JournalError`` where it cannot be read."""
    try:
        return decode(*entry)
    except Exception as error:
        raise JournalError(
            f"journal: {path} holds an entry that cannot be read ({error}); it is damaged, or"
            " another version of tts_async wrote it: begin a new journal"
        ) from error


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
    try:
        connection.execute("PRAGMA query_only = ON")
        check(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_settled(path: Path) -> bool:
    """Whether everything is in the one file: no writer is at work, and none was killed."""
    return not path.with_name(path.name + "-wal").exists()


def _is_new(connection: sqlite3.Connection) -> bool:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return bool(pages == 0)


def _create(connection: sqlite3.Connection) -> None:
    """All tables and the mark, or none of it: the first thing that happens to the file."""
    connection.executescript(
        f"BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {VERSION}; COMMIT;"
    )
