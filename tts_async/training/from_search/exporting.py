"""From searches to a file of training data, one search at a time."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError
from tts_async.training.from_search.judging import judge
from tts_async.training.from_search.recipe import Recipe, Row
from tts_async.training.from_search.searches import SearchRecord
from tts_async.training.row_file import RowFile
from tts_async.types.result import Result


@dataclass(slots=True, kw_only=True)
class ExportReport:
    """What became of the searches: ``searches`` read, ``rows`` written.

    ``repeated``: rows that stood in the file already, drawn by another search. ``left_out``: how
    many searches gave nothing, by reason.
    """

    searches: int = 0
    rows: int = 0
    repeated: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        reasons = [f"{count} left out: {reason}" for reason, count in self.left_out.items()]
        repeated = [f"{self.repeated} more repeat one of them"] if self.repeated else []
        return "; ".join([f"{self.rows} rows from {self.searches} searches", *repeated, *reasons])


async def export_searches(
    searches: Iterable[SearchRecord | Result],
    recipe: Recipe,
    out: str | Path,
    *,
    checker: AnswerChecker | None = None,
) -> ExportReport:
    """Write what ``recipe`` makes of finished searches to the new file ``out``, as JSON lines.

    ``searches`` is read in a thread of its own, one at a time, so it may come from a file of any
    size; of the rows written a digest is remembered, because searches share samples. The file
    appears when it is complete. ``checker`` finds the answers and compares them with the reference
    answer: pass the one of another task, or the rules are those of mathematics.

    Raises ``ConfigurationError`` when ``out`` is there already or cannot be written, and when
    answers that were read or compared in a way of their own come without a ``checker``;
    ``DatasetError`` for a result without its tree; ``WorkerError`` and ``AnswerError``; and what
    reading raises.
    """
    report, known = ExportReport(), set[bytes]()
    async with (
        _new_file(Path(out)) as file,
        _checking(checker) as judge_of,
        aclosing(_one_by_one(searches)) as records,
    ):
        async for record in records:
            report.searches += 1
            if record.answers and checker is None and recipe.by == "reference":
                raise ConfigurationError(
                    f"checker: the answers of {record.run} were read by {record.answers}; "
                    "call export_searches with a checker that does the same"
                )
            search = await judge(record, judge_of)
            reason = search.unusable(recipe.by)
            rows = recipe.rows(search) if reason is None else []
            if not rows:
                report.left_out[reason or "nothing in them qualifies"] += 1
            fresh = [row for row in rows if _is_new(row, recipe, known)]
            report.rows += len(fresh)
            report.repeated += len(rows) - len(fresh)
            await asyncio.to_thread(file.append, fresh)
    return report


def _is_new(row: Row, recipe: Recipe, known: set[bytes]) -> bool:
    content = json.dumps([row[column] for column in recipe.content]).encode()
    digest = blake2b(content, digest_size=16).digest()
    if digest in known:
        return False
    known.add(digest)
    return True


async def _one_by_one(searches: Iterable[SearchRecord | Result]) -> AsyncGenerator[SearchRecord]:
    """The same, each read when it is asked for; all in one thread, as SQLite wants it."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, "searches")
    iterator = await loop.run_in_executor(thread, iter, searches)
    try:
        while (item := await loop.run_in_executor(thread, next, iterator, None)) is not None:
            yield SearchRecord(result=item) if isinstance(item, Result) else item
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            await loop.run_in_executor(thread, close)
        thread.shutdown(wait=False)  # it has nothing left to do


@asynccontextmanager
async def _new_file(out: Path) -> AsyncIterator[RowFile]:
    """Rows go to a file beside ``out``, which takes its place in the end."""
    part = out.with_name(f"{out.name}.part")
    await asyncio.to_thread(_begin, part, out)
    try:
        yield RowFile(part)
    except BaseException:
        await asyncio.to_thread(part.unlink)
        raise
    await asyncio.to_thread(part.replace, out)


def _begin(part: Path, out: Path) -> None:
    if out.exists():
        raise ConfigurationError(f"out: {out} is there already; remove it or choose another file")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(b"")
    except OSError as error:
        raise ConfigurationError(
            f"out: cannot write to {out} ({error.strerror}); choose another file"
        ) from error


@asynccontextmanager
async def _checking(checker: AnswerChecker | None) -> AsyncIterator[AnswerChecker]:
    """The checker given, or one for this export."""
    if checker is not None:
        yield checker
        return
    async with AnswerChecker() as own:
        yield own
