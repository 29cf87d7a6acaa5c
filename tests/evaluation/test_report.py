"""The figures, the files and the table."""

import asyncio
import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.evaluation.parrot import Listener, Parrot
from tts_async import Majority, Problem, Solver
from tts_async.errors import ConfigurationError
from tts_async.evaluation import Folder, Report, draw_table, evaluate, plan_runs
from tts_async.evaluation.files import write_json
from tts_async.testing import run_virtual

PROBLEMS = [
    Problem("say 7", answer="7", metadata={"level": 1}),
    Problem("say 8", answer="7", metadata={"level": 1}),
    Problem("say 9", answer="9", metadata={"level": 2}),
    Problem("broken", answer="9"),
]


async def fill(report: Report, folder: Folder | None = None) -> Report:
    """Run greedy and majority over the problems."""
    async with Solver(generator=Parrot(), verifier=Listener()) as solver:
        for strategy in plan_runs(["greedy", "majority"], [4]):
            row = report.begin(strategy)
            async for outcome in evaluate(solver, PROBLEMS, strategy):
                row.add(outcome)
                if folder is not None:
                    await asyncio.to_thread(folder.record, outcome)
    report.finish()
    return report


def new_report() -> Report:
    """A report on the four problems."""
    return Report("parrot", problems=4, generator="parrot", verifier=None)


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
    assert majority["by_level"] == {
        "1": {"problems": 2, "correct": 1, "accuracy": 0.5},
        "2": {"problems": 1, "correct": 1, "accuracy": 1.0},
    }
    assert majority["complete"]
    assert not data["interrupted"]
    json.dumps(data, allow_nan=False)


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
    assert "50.0 ± 25.0" in text
    assert "2 problems ended with an error" in text
    report.rows[1].total = 5
    assert "majority *" in printed(report)


def test_files_hold_what_was_found(tmp_path: Path) -> None:
    """One line per outcome, and the report as it is."""
    with Folder(tmp_path / "a" / "b") as folder:
        report = asyncio.run(fill(new_report(), folder))
        folder.save(report)
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
    """No empty folder stays behind, and an earlier evaluation is not touched."""
    with Folder(tmp_path / "new") as folder:
        folder.save(new_report())
    assert not folder.path.exists()
    (tmp_path / "results.json").write_text("earlier")
    with Folder(tmp_path) as folder:
        folder.save(new_report())
    assert (tmp_path / "results.json").read_text() == "earlier"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It is wrong use, found before anything is started."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="out: cannot write to"), Folder(tmp_path / "file"):
        pass


def test_half_a_file_is_never_seen(tmp_path: Path) -> None:
    """When writing fails, the old file stays and the new one is gone."""
    path = tmp_path / "results.json"
    write_json(path, {"rows": []})
    with pytest.raises(TypeError):
        write_json(path, {"rows": [object()]})
    assert json.loads(path.read_text()) == {"rows": []}
    assert list(tmp_path.iterdir()) == [path]
