"""The file itself: whose it is, what else it may be, and what happens when the disk gives up."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.journal.solvers import PROBLEMS, Generator, Verifier, results_of, run, runs_of
from tests.patience import PATIENCE
from tts_async import BestOfN, Context, Greedy, Majority, Node, Problem, Result, Solver
from tts_async.errors import JournalError
from tts_async.journal import (
    Journal,
    database,
    find_journals,
    read_results,
    read_runs,
    reading,
    writer,
)
from tts_async.journal.schema import VERSION, open_for_reading

HEADER = 100
"""Bytes; SQLite counts in it how often a file was opened for writing."""
HOLD = """
import asyncio, sys
from tts_async.journal import Journal
async def main():
    async with Journal(sys.argv[1]):
        print("open", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of a journal to be."""
    return tmp_path / "journal.sqlite"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the journal open."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


async def test_one_writer_at_a_time(holder: subprocess.Popen[str], path: Path) -> None:
    """The second is told who the first is, reads what it likes, and writes when that is dead."""
    with pytest.raises(JournalError, match=f"process {holder.pid} on .* is writing"):
        async with Solver(generator=Generator(), journal=path):
            pass
    assert await runs_of(path) == []
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (await run(path, Greedy())).asked == len(PROBLEMS)
    assert sorted(each.name for each in path.parent.iterdir()) == ["journal.sqlite"]


async def test_in_one_process_too(path: Path) -> None:
    """And closing the one that failed takes nothing from the other."""
    async with Journal(path):
        for _ in range(2):
            with pytest.raises(JournalError, match=f"process {os.getpid()} on"):
                await Journal(path).__aenter__()
    async with Journal(path):
        pass


async def test_reading_while_it_is_written(path: Path) -> None:
    """What was committed is there, whole."""
    async with Solver(generator=Generator(), verifier=Verifier(), journal=path) as solver:
        seen = 0
        async for result in solver.solve_many(PROBLEMS, strategy=BestOfN(n=4)):
            seen += 1
            recorded = {each.problem.id: each for each in await results_of(path)}
            assert recorded[result.problem.id].to_dict() == result.to_dict()
        (record,) = await runs_of(path)
    assert record.results == seen == len(PROBLEMS)
    assert record.settings.strategy == "best_of_n"
    assert record.settings.settings == repr(BestOfN(n=4))
    assert record.generator.kind.endswith("Generator")
    assert record.tokens == sum(each.spend.tokens for each in await results_of(path))
    assert record.to_dict()["settings"]["budget"]["tokens"] is None


async def ask_again(ctx: Context) -> Sequence[Node]:
    """A strategy of one's own: searched for anew, and recorded in the place of the old result."""
    return await ctx.expand(ctx.root, 1, to_end=True)


async def test_reading_what_is_replaced_meanwhile(path: Path) -> None:
    """Each result comes once, old or new."""
    async with Solver(generator=Generator(), journal=path) as solver:
        for problem in PROBLEMS:
            await solver.solve(problem, strategy=ask_again)
        results = await asyncio.to_thread(read_results, path)
        first = await asyncio.to_thread(next, results)
        for problem in PROBLEMS:
            await solver.solve(problem, strategy=ask_again)
        rest = await asyncio.to_thread(list, results)
    assert [each.problem.id for each in (first, *rest)] == [problem.id for problem in PROBLEMS]


class OtherVerifier(Verifier):
    """Another model."""


def test_reading_while_a_run_begins(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is read has its models, also where it begins between two statements."""
    asyncio.run(run(path, Greedy()))

    def overtaken(place: Path) -> sqlite3.Connection:
        connection, statements = open_for_reading(place), count()

        def overtake(_: str) -> None:
            if next(statements) == 1:
                asyncio.run(run(path, Greedy(), verifier=OtherVerifier()))

        connection.set_trace_callback(overtake)
        return connection

    monkeypatch.setattr(reading, "open_for_reading", overtaken)
    assert len(read_runs(path)) == 1
    monkeypatch.undo()
    assert len(read_runs(path)) == 2


def test_reading_what_is_not_there(path: Path) -> None:
    """Each with the fix."""
    with pytest.raises(JournalError, match="does not exist"):
        read_runs(path)
    asyncio.run(run(path, Greedy()))
    with pytest.raises(ValueError, match=r"no run 7; it has: 1"):
        list(read_results(path, run=7))
    (path.parent / "other.sqlite").write_text("not a database, but long enough to look like one")
    assert find_journals(path.parent) == [path]


def test_reading_from_a_folder_that_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were: root may write anywhere."""
    asyncio.run(run(path, Greedy()))
    connect = sqlite3.connect

    def refuse(place: str, **options: Any) -> sqlite3.Connection:
        if "mode=rw" in place or "mode=ro" in place:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(place, **options)

    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert len(list(read_results(path))) == len(PROBLEMS)


def other_schema(path: Path) -> None:
    """A journal of another version."""
    asyncio.run(run(path, Greedy()))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def other_database(path: Path) -> None:
    """Of another program."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")


def no_database(path: Path) -> None:
    """A file of something else."""
    path.write_text("once upon a time\n" * 100)


def damaged(path: Path) -> None:
    """A journal with its middle gone."""
    asyncio.run(run(path, Majority(n=16)))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + bytes([7]) * (len(whole) - 4096))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (other_schema, f"written by a newer version .*its format is {VERSION + 1}"),
        (other_database, "a database of something else"),
        (no_database, "is not a journal"),
        (damaged, "is damaged"),
    ],
)
def test_what_is_no_journal_of_ours(path: Path, spoil: Any, message: str) -> None:
    """Neither written nor read, and left as it is."""
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match=message):
        asyncio.run(run(path, Greedy()))
    with pytest.raises(JournalError, match=message):
        read_runs(path)
    assert path.read_bytes()[HEADER:] == before[HEADER:]
    assert not path.with_name(path.name + "-lock").exists()


async def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be, and a folder where the file should be."""
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "journal.sqlite", tmp_path):
        with pytest.raises(JournalError, match="cannot write"):
            async with Solver(generator=Generator(), journal=place):
                pass


async def test_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search is told, and what was recorded before is there."""
    opened = database.open_for_writing

    def small(place: Path) -> sqlite3.Connection:
        connection = opened(place)
        connection.execute("PRAGMA max_page_count = 40")
        return connection

    monkeypatch.setattr(database, "open_for_writing", small)
    done: list[Result] = []

    async def solve_all() -> None:
        async with Solver(generator=Generator(), journal=path, max_in_flight=1) as solver:
            async for result in solver.solve_many(map(str, range(100)), strategy=Majority(n=16)):
                done.append(result)  # noqa: PERF401 - those before the error are wanted

    with pytest.raises(JournalError, match="no room left"):
        await solve_all()
    assert done
    assert len(await results_of(path)) >= len(done)
    monkeypatch.undo()
    async with Solver(generator=(idle := Generator()), journal=path) as solver:
        for result in done:
            await solver.solve(result.problem, strategy=Majority(n=16))
    assert not idle.requests


async def test_a_disk_that_gives_up_while_searches_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end with the error instead of waiting for ever; so does the closing."""

    def fail(*_: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    solver = await Solver(generator=Generator(), journal=path).__aenter__()
    monkeypatch.setattr(database.Database, "_write", fail)
    searches = [solver.solve(str(number), strategy=Majority(n=4)) for number in range(20)]
    outcomes = await asyncio.gather(*searches, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {JournalError}
    with pytest.raises(JournalError, match="disk I/O error"):
        await solver.__aexit__(None, None, None)
    monkeypatch.undo()
    assert await results_of(path) == []


async def test_a_slow_disk_makes_larger_batches_and_holds_searches_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory does not grow with what waits."""
    monkeypatch.setattr(writer, "ROOM", 20)
    sizes: list[int] = []
    perform = database.Database.perform

    def slowly(self: database.Database, batch: Any, questions: Any) -> Any:
        sizes.append(sum(map(len, batch.values())))
        subprocess.run(["sleep", "0.02"], check=True)
        return perform(self, batch, questions)

    monkeypatch.setattr(database.Database, "perform", slowly)
    outcome = await run(path, Majority(n=64, early_stop=False), problems=PROBLEMS)
    assert len(outcome.results) == len(PROBLEMS)
    assert max(sizes) <= 20 + 16  # the expansions that came back in the same turn


def test_an_empty_file_is_a_journal_to_be(path: Path) -> None:
    """What is left when a process dies before it could write anything."""
    path.touch()
    with pytest.raises(JournalError, match="is empty"):
        read_runs(path)
    assert asyncio.run(run(path, Greedy())).asked == len(PROBLEMS)


def test_a_copy_is_a_journal_too(path: Path) -> None:
    """A file is all there is once it is closed."""
    asyncio.run(run(path, Greedy()))
    copy = path.with_name("copy.sqlite")
    shutil.copy(path, copy)
    assert asyncio.run(run(copy, Greedy())).asked == 0
    with closing(open_for_reading(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_closing_while_a_cancelled_search_waited_for_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody wants the answer any more, and the file is closed behind it."""
    await run(path, Greedy())
    perform = database.Database.perform

    def slowly(self: database.Database, batch: Any, questions: Any) -> Any:
        subprocess.run(["sleep", "0.05"], check=True)
        return perform(self, batch, questions)

    monkeypatch.setattr(database.Database, "perform", slowly)
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    async with Solver(generator=Generator(), verifier=Verifier(), journal=path) as solver:
        searches = []
        for problem in PROBLEMS[:2]:
            searches.append(asyncio.create_task(solver.solve(problem, strategy=Greedy())))
            await asyncio.sleep(0.02)  # the first is with the thread, the second waits
        for search in searches:
            search.cancel()
        await asyncio.wait(searches)
    await asyncio.sleep(0)
    assert complaints == []


def contents_of(path: Path) -> database.Contents:
    """The keys in the file."""
    with closing(database.Database(path)) as file:
        return file.contents()


async def test_cancelled_while_it_closes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waited behind a slow disk is written all the same."""
    slow, perform = threading.Event(), database.Database.perform

    def slowly(self: database.Database, batch: Any, questions: Any) -> Any:
        assert slow.wait(PATIENCE)
        return perform(self, batch, questions)

    monkeypatch.setattr(database.Database, "perform", slowly)
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    file = writer.Writer(path)
    await file.open()
    for number in (1, 2):  # the first is with the thread, the second waits
        file.write("problems", (number, bytes([number]), Problem(str(number))))
        waiting = asyncio.create_task(file.written())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    end = asyncio.create_task(file.aclose())
    await asyncio.sleep(0)
    end.cancel()
    await asyncio.sleep(0)
    slow.set()
    for task in (end, waiting):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert complaints == []
    assert len((await asyncio.to_thread(contents_of, path)).problems) == 2
