"""From searches to a file: what is read, what is left out, and what happens when it goes wrong."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.training.coin import GOLD, Coin
from tests.training.from_search.trees import RIGHT, SMALL, search
from tts_async import BestOfN, Majority, Problem, Result, Solver
from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError, DatasetError, GeneratorUnavailable
from tts_async.training import (
    BestAnswers,
    PreferencePairs,
    SearchRecord,
    StepLabels,
    export_searches,
    read_searches,
)
from tts_async.types.budget import Spend
from tts_async.types.tree import Tree
from tts_async.verifiers import FunctionVerifier


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, *rows: Any) -> Path:
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def failed() -> Result:
    """A search that ended with an error."""
    return Result(
        problem=Problem("q", answer=GOLD),
        answer=None,
        text="",
        confidence=0.0,
        stop_reason="error",
        strategy="majority",
        n=4,
        seed=0,
        candidates=(),
        votes=(),
        spend=Spend(),
        tree=Tree(),
        error=GeneratorUnavailable("gone"),
    )


async def test_rows_that_other_searches_repeat_are_written_once(tmp_path: Path) -> None:
    """A smaller n with the same seed has the samples of a larger one; another problem has not."""
    other = search(problem=Problem("and this?", answer=GOLD))
    searches = [search(), search(SMALL[:2]), other]
    report = await export_searches(searches, BestAnswers(), tmp_path / "out.jsonl")
    assert (report.searches, report.rows, report.repeated) == (3, 4, 1)
    assert len(lines(tmp_path / "out.jsonl")) == 4
    assert str(report) == "4 rows from 3 searches; 1 more repeat one of them"


async def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    """By reason; never silently."""
    nameless = search(problem=Problem("q"), winner="0.0")
    unscored = search([("0", RIGHT, "stop", None)], problem=Problem("q"))
    unfinished = search([("0", "a\n\n", "step", 0.5), ("1", RIGHT, "length", 0.5)])
    hopeless = search([("0", r"$\boxed{1}$", "stop", 0.5)])
    searches = [nameless, unscored, unfinished, hopeless, failed()]
    reasons = {
        BestAnswers(): {"no reference answer is known": 2, "nothing in them qualifies": 1},
        BestAnswers(by="vote"): {"no answer was voted for": 2},
        PreferencePairs(by="score"): {"no verifier scored them": 1, "nothing in them qualifies": 1},
        StepLabels(): {"no reference answer is known": 2},
    }
    for number, (recipe, expected) in enumerate(reasons.items()):
        report = await export_searches(searches, recipe, tmp_path / f"{number}.jsonl")
        always = {"no answer was finished": 1, "their search failed": 1}
        assert report.left_out == {**expected, **always}
    assert "2 left out: no reference answer is known" in str(report)


async def test_one_search_is_read_after_the_other(tmp_path: Path) -> None:
    """The rows of each are in the file before the next is read."""
    part, sizes = tmp_path / "out.jsonl.part", []

    def searches() -> Iterator[Result]:
        for number in range(3):
            sizes.append(len(part.read_text().splitlines()))
            yield search(problem=Problem(f"problem {number}", answer=GOLD))

    await export_searches(searches(), BestAnswers(), tmp_path / "out.jsonl")
    assert sizes == [0, 2, 4]


async def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    """An error on the way leaves nothing behind, and nothing is overwritten."""

    def searches() -> Iterator[Result]:
        yield search()
        raise DatasetError("torn")

    out = tmp_path / "new" / "out.jsonl"
    with pytest.raises(DatasetError, match="torn"):
        await export_searches(searches(), BestAnswers(), out)
    assert not list(out.parent.iterdir())
    await export_searches([search()], BestAnswers(), out)
    before = out.read_bytes()
    with pytest.raises(ConfigurationError, match=r"out: .* is there already; remove it"):
        await export_searches([], BestAnswers(), out)
    assert out.read_bytes() == before
    with pytest.raises(ConfigurationError, match="out: cannot write to"):
        await export_searches([], BestAnswers(), out / "below.jsonl")


async def test_answers_of_other_tasks_need_their_checker(tmp_path: Path) -> None:
    """Rules that were the user's own then are not guessed now."""
    specs = [("0", "a program\nanswer=forty-two", "stop", 0.5)]
    record = SearchRecord(result=search(specs), run="r#1", answers="extract by mine")
    with pytest.raises(
        ConfigurationError, match="checker: the answers of r#1 were read by extract"
    ):
        await export_searches([record], BestAnswers(), tmp_path / "out.jsonl")

    def extract(text: str) -> str:
        return text.partition("=")[2]

    checker = AnswerChecker(extract=extract, compare=lambda a, b: {a, b} == {GOLD, "forty-two"})
    async with checker:
        report = await export_searches(
            [record], BestAnswers(), tmp_path / "out.jsonl", checker=checker
        )
    assert report.rows == 1


async def test_from_a_journal(tmp_path: Path) -> None:
    """With the run, the model and the system prompt; a folder will do, too."""
    verifier = FunctionVerifier(lambda problem, steps: [0.5] * len(steps))
    solver = Solver(
        generator=Coin(),
        verifier=verifier,
        journal=tmp_path / "journal.sqlite",
        system_prompt="Be right.",
    )
    async with solver:
        results = [
            await solver.solve(Problem(f"problem {number}", answer=GOLD), strategy=BestOfN(n=8))
            for number in range(2)
        ]
    out = tmp_path / "out.jsonl"
    report = await export_searches(read_searches(tmp_path), BestAnswers(), out)
    assert (report.searches, report.rows) == (2, 2)
    row, _ = lines(out)
    assert row["prompt"][0] == {"role": "system", "content": "Be right."}
    assert row["completion"] == [{"role": "assistant", "content": RIGHT}]
    assert row["provenance"]["run"] == f"{tmp_path.name}/journal.sqlite#1"
    assert "Coin" in row["provenance"]["model"]
    records = await asyncio.to_thread(list, read_searches(tmp_path))
    assert [record.result.to_dict() for record in records] == [r.to_dict() for r in results]


async def test_some_runs_of_a_journal(tmp_path: Path) -> None:
    """By number, in the order given; those that are not there are named."""
    journal = tmp_path / "journal.sqlite"
    for n in (1, 2, 4):
        async with Solver(generator=Coin(), strategy=Majority(n), journal=journal) as solver:
            await solver.solve(Problem("what is it?", answer=GOLD))

    def budgets(*runs: int) -> list[int | None]:
        return [record.result.n for record in read_searches(journal, runs=runs)]

    assert await asyncio.to_thread(budgets) == [1, 2, 4]
    assert await asyncio.to_thread(budgets, 3, 1) == [4, 1]
    with pytest.raises(ConfigurationError, match="has no run 5, 7; it has: 1, 2, 3"):
        await asyncio.to_thread(budgets, 7, 3, 5)
    results = await asyncio.to_thread(write, tmp_path / "results.jsonl", search().to_dict())
    with pytest.raises(ConfigurationError, match="is no journal, it has none"):
        await asyncio.to_thread(list, read_searches(results, runs=[1]))


def test_from_files_of_results(tmp_path: Path) -> None:
    """Lines, a document, a list of documents: the same trees."""
    data = search().to_dict()
    by_line = write(tmp_path / "results.jsonl", data, data)
    one = tmp_path / "one.json"
    one.write_text(json.dumps(data, indent=2))
    several = tmp_path / "several.json"
    several.write_text(json.dumps([data, data]))
    for path, count in ((by_line, 2), (one, 1), (several, 2)):
        records = list(read_searches(path))
        assert len(records) == count
        assert records[0].run == f"{tmp_path.name}/{path.name}"
        assert records[0].result.to_dict() == data


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("none.jsonl", None, "none.jsonl: no such file"),
        ("a.jsonl", "{}\n", "a.jsonl, line 1: no result with its tree; give a journal"),
        ("a.jsonl", '{"tree": []}\n', "a.jsonl, line 1: not a result: Object missing"),
    ],
)
def test_files_that_are_something_else(
    tmp_path: Path, name: str, content: str | None, complaint: str
) -> None:
    """The message names file and line, and what to give instead."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=complaint):
        list(read_searches(tmp_path / name))


async def test_a_result_that_lost_its_tree(tmp_path: Path) -> None:
    """Candidates alone do not say which steps led to them."""
    data: Mapping[str, Any] = {**search().to_dict(), "tree": []}
    with pytest.raises(DatasetError, match="problem 'p': its result has candidates and no tree"):
        await export_searches([Result.from_dict(data)], BestAnswers(), tmp_path / "out.jsonl")
