"""The figures, the files and the table."""

import asyncio
import errno
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.evaluation.parrot import Listener, Parrot
from tts_async import Majority, Problem, Solver
from tts_async.errors import ConfigurationError, JournalError
from tts_async.evaluation import Folder, Report, draw_table, evaluate, plan_runs
from tts_async.evaluation.metrics import wilson_interval
from tts_async.evaluation.results import parse_results
from tts_async.evaluation.whole_file import write_whole
from tts_async.journal.lock import WriterLock
from tts_async.testing import run_virtual

PROBLEMS = [
    Problem("say 7", answer="7", metadata={"level": 1}),
    Problem("say 8", answer="7", metadata={"level": 1}),
    Problem("say 9", answer="9", metadata={"level": 2, "subject": "Birds"}),
    Problem("broken", answer="9"),
]


async def fill(report: Report, folder: Folder | None = None) -> Report:
    """Run greedy and majority over the problems."""
    async with Solver(generator=Parrot(), verifier=Listener()) as solver:
        for strategy in plan_runs(["greedy", "majority"], [4]):
            row = report.begin(strategy)
            async for outcome in evaluate(solver, PROBLEMS, strategy, seeds=report.seeds):
                row.add(outcome)
                if folder is not None:
                    await asyncio.to_thread(folder.record, outcome)
    report.finish()
    return report


def new_report(seeds: Sequence[int] = (0,)) -> Report:
    """A report on the four problems."""
    return Report("parrot", problems=4, generator="parrot", verifier=None, seeds=seeds)


def printed(report: Report) -> str:
    """The table as a pipe would get it."""
    out = StringIO()
    Console(file=out, width=100).print(draw_table(report))
    return out.getvalue()


def test_rows_add_up() -> None:
    """Counts, accuracy, standard error, tokens and levels of a small run."""
    data = run_virtual(fill(new_report())).to_dict()
    greedy, majority = data["rows"]
    assert (greedy["strategy"], greedy["n"]) == ("greedy", 1)
    assert (majority["strategy"], majority["n"], majority["settings"]) == (
        "majority",
        4,
        "Majority(n=4, early_stop=True, confidence=None)",
    )
    assert (majority["problems"], majority["correct"], majority["errors"]) == (4, 2, 1)
    assert (majority["accuracy"], majority["stderr"]) == (0.5, 0.25)
    assert (majority["tokens"], majority["tokens_per_problem"]) == (36, 9.0)
    assert (majority["expansions"], majority["verifier_calls"]) == (3, 0)
    assert (majority["runs"], majority["select"], majority["replayed_tokens"]) == (4, None, 0)
    assert (majority["low"], majority["high"]) == pytest.approx(wilson_interval(0.5, 4))
    assert majority["pass_at_k"] == {"1": 0.5, "2": 0.5, "4": 0.5}
    assert greedy["pass_at_k"] == {}
    (seed,) = majority["seeds"]
    assert (seed["seed"], seed["problems"], seed["correct"], seed["tokens"]) == (0, 4, 2, 36)
    low, high = wilson_interval(0.5, 2)
    assert majority["by_level"]["1"] == pytest.approx(
        {"problems": 2, "correct": 1, "accuracy": 0.5, "low": low, "high": high}
    )
    assert list(majority["by_level"]) == ["1", "2"]
    assert majority["by_subject"]["Birds"]["problems"] == 1
    assert greedy["difference"] is None
    assert (majority["difference"]["to"], majority["difference"]["value"]) == ("greedy", 0.0)
    assert majority["complete"]
    assert not data["interrupted"]
    json.dumps(data, allow_nan=False)


def test_several_seeds_are_runs_of_the_same_problems() -> None:
    """Outcomes add up over seeds; problems are counted once."""
    data = run_virtual(fill(new_report(seeds=(3, 4, 5)))).to_dict()
    assert (data["seed"], data["seeds"]) == (3, [3, 4, 5])
    row = data["rows"][1]
    assert (row["problems"], row["runs"], row["correct"], row["errors"]) == (4, 12, 6, 3)
    assert [one["seed"] for one in row["seeds"]] == [3, 4, 5]
    assert {one["correct"] for one in row["seeds"]} == {2}
    assert row["tokens_per_problem"] == row["tokens"] / 12 == 9.0
    assert (row["low"], row["high"]) == pytest.approx(wilson_interval(0.5, 4))
    assert row["complete"]


def test_a_report_is_interrupted_until_it_is_finished() -> None:
    """Whatever ends the process, the file on disk tells the truth; empty rows are left out."""
    report = new_report()
    report.begin(Majority())
    assert report.to_dict()["interrupted"]
    assert report.to_dict()["rows"] == []


def test_the_table_marks_best_incomplete_and_failed() -> None:
    """Every row is there, and what is odd about it is said."""
    report = run_virtual(fill(new_report()))
    text = printed(report)
    assert "50.0 [15, 85]" in text
    assert "vs greedy" in text
    assert "+0.0 [-33, +33]" in text
    assert "2 searches ended with an error (see problems.jsonl)" in text
    assert "journal" not in text
    report.rows[1].problems, report.rows[1].replayed_tokens = 5, 1
    assert "majority *" in printed(report)
    assert "† not the cost: some of it was in the journal" in " ".join(printed(report).split())


def test_files_hold_what_was_found(tmp_path: Path) -> None:
    """One line per outcome, and the report as it is."""
    with Folder(tmp_path / "a" / "b") as folder:
        report = asyncio.run(fill(new_report(), folder))
        folder.save(report.to_dict())
    lines = [json.loads(line) for line in folder.problems.read_text().splitlines()]
    assert len(lines) == 8
    said = next(line for line in lines if line["problem"] == "say 8")
    assert (said["gold"], said["answer"], said["correct"], said["votes"]) == (
        "7",
        "8",
        False,
        [["8", 1, 1.0]],
    )
    assert json.loads(folder.results.read_text()) == report.to_dict()
    assert sorted(path.name for path in folder.path.iterdir()) == ["problems.jsonl", "results.json"]


def test_a_run_without_an_outcome_leaves_no_trace(tmp_path: Path) -> None:
    """No folder stays behind, unless something in it is worth it."""
    with Folder(tmp_path / "new") as folder:
        folder.save(new_report().to_dict())
        folder.journal.write_text("")
    assert not folder.path.exists()
    with Folder(tmp_path / "new") as folder:
        folder.save(new_report().to_dict())
        folder.keep()
    assert folder.results.exists()


def test_an_evaluation_is_never_replaced_by_accident(tmp_path: Path) -> None:
    """It has to be resumed or overwritten, and the message says how."""
    kept = {"schema": 2, "dataset": "d", "problems": 1, "rows": []}
    (tmp_path / "results.json").write_text(json.dumps(kept))
    (tmp_path / "mine.txt").write_text("")
    (tmp_path / "pictures").mkdir()
    for name in ("report.md", "report.html", "pictures/accuracy.png", "journal.sqlite-wal"):
        (tmp_path / name).write_text("")
    with pytest.raises(ConfigurationError, match="add --resume to go on with it, --overwrite"):
        Folder(tmp_path).__enter__()
    with Folder(tmp_path, resume=True) as folder:
        assert folder.find_earlier() == parse_results(kept)
    assert folder.results.exists()
    with Folder(tmp_path, overwrite=True) as folder:
        assert folder.find_earlier() is None
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_folder_where_another_process_is_at_work(tmp_path: Path) -> None:
    """Its files are not removed under it."""
    (tmp_path / "results.json").write_text("{}")
    lock = WriterLock(tmp_path / "journal.sqlite")
    with pytest.raises(JournalError, match="is writing"):
        Folder(tmp_path, overwrite=True).__enter__()
    lock.release()
    assert (tmp_path / "results.json").exists()


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "{}"])
def test_results_that_cannot_be_resumed(tmp_path: Path, content: str) -> None:
    """They are named; nothing is guessed."""
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"resume: .*results\.json"):
        Folder(tmp_path, resume=True).find_earlier()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It is wrong use, found before anything is started."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="out: cannot write to"), Folder(tmp_path / "file"):
        pass


def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails, the old file stays and the new one is gone."""
    path = tmp_path / "results.json"
    write_whole(path, b"old")

    def fill_up(part: Path, content: bytes) -> None:
        part.write_text(content[:1].decode())
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill_up)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
