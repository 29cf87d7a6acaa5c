"""``tts-async runs``: list, show and export what a journal holds."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.journal.solvers import run
from tts_async import DVTS, BestOfN, Majority, Problem, Result
from tts_async.cli.runs_formats import FORMATS, as_search_and_learn
from tts_async.journal import read_results

PROBLEMS = [Problem(f"problem {i}", answer=str(i), metadata={"level": i}) for i in range(2)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Three runs of two problems."""
    path = tmp_path / "runs" / "mine" / "journal.sqlite"
    for strategy in (BestOfN(n=6, early_stop=False), Majority(n=4), DVTS(n=4, beam_width=2)):
        asyncio.run(run(path, strategy, problems=PROBLEMS, seed=3))
    return path


def test_list(command: Command, journal: Path) -> None:
    """Every journal below the folder; ``runs`` is the default."""
    shown = command("runs", "list").stdout
    assert "runs/mine/journal.sqlite" in shown
    assert [line.split()[3] for line in shown.splitlines() if " 3 " in line] == [
        "best_of_n",
        "majority",
        "dvts",
    ]
    rows = json.loads(command("runs", "list", str(journal), "--json").stdout)
    assert [(row["id"], row["settings"]["strategy"], row["results"]) for row in rows] == [
        (1, "best_of_n", 2),
        (2, "majority", 2),
        (3, "dvts", 2),
    ]
    assert {row["journal"] for row in rows} == {str(journal)}


def test_show(command: Command, journal: Path) -> None:
    """A folder will do; one run comes with its results."""
    shown = command("runs", "show", str(journal.parent)).stdout
    assert repr(BestOfN(n=6, early_stop=False)) in shown
    assert shown.count("generator") == 3
    one = command("runs", "show", str(journal), "--run", "2").stdout
    assert "Majority" in one
    assert "BestOfN" not in one
    assert all(problem.id in one for problem in PROBLEMS)
    data = json.loads(command("runs", "show", str(journal), "--run", "2", "--json").stdout)
    assert sorted(each["problem"] for each in data["answers"]) == sorted(p.id for p in PROBLEMS)


def test_export_everything(command: Command, journal: Path) -> None:
    """As it went in: to a file, or into a pipe."""
    done = command("runs", "export", str(journal), "--run", "3")
    results = [Result.from_dict(json.loads(line)) for line in done.stdout.splitlines()]
    expected = list(read_results(journal, run=3))
    assert [each.to_dict() for each in results] == [each.to_dict() for each in expected]
    assert "run 3: 2 results" in done.stderr
    command("runs", "export", str(journal), "--out", "all.jsonl")
    assert len(Path("all.jsonl").read_text().splitlines()) == 6


def test_export_for_search_and_learn(command: Command, journal: Path) -> None:
    """Their columns, by hand."""
    done = command("runs", "export", str(journal), "--format", "search-and-learn", "--run", "1")
    row = json.loads(done.stdout.splitlines()[0])
    result = next(read_results(journal, run=1))
    candidates = result.candidates
    assert row["completions"] == [each.text for each in candidates]
    assert row["completion_tokens"] == [each.tokens for each in candidates]
    assert [scores[-1] for scores in row["scores"]] == [
        result.tree[each.path].lineage()[-1].step_scores[-1]  # type: ignore[index]
        for each in candidates
    ]
    assert row["unique_id"] == result.problem.id
    assert row["level"] == result.problem.metadata["level"]
    assert {key.partition("@")[2] for key in row if "@" in key} == {"1", "2", "4"}
    best = max(candidates[:4], key=lambda each: each.score or 0)
    assert row["pred_naive@4"] == rf"\boxed{{{best.answer}}}"
    assert row["pred_maj@1"] == row["pred_weighted@1"] == rf"\boxed{{{candidates[0].answer}}}"
    answers = [each.answer for each in candidates[:4]]
    most = max(answers, key=lambda answer: (answers.count(answer), -answers.index(answer)))
    assert row["pred_maj@4"] == rf"\boxed{{{most}}}"


def test_rows_without_a_verifier_and_without_candidates(journal: Path) -> None:
    """Nothing is made up."""
    row = as_search_and_learn(next(read_results(journal, run=2)))
    assert {key for key in row if "@" in key} == {"pred_maj@1", "pred_maj@2", "pred_maj@4"}
    assert "scores" not in row
    nothing = Result.from_dict(
        {**next(read_results(journal)).to_dict(), "candidates": [], "votes": [], "tree": []}
    )
    assert as_search_and_learn(nothing)["completions"] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "nowhere.sqlite"], "nowhere.sqlite does not exist"),
        (["list", "nowhere"], "nowhere does not exist"),
        (["list", "empty"], "none in empty"),
        (["show", "{journal}", "--run", "9"], "has no run 9; it has: 1, 2, 3"),
        (["export", "{journal}", "--format", "csv"], f"choose one of {', '.join(FORMATS)}"),
        (["export", "{journal}", "--out", "no/such/folder"], "out: cannot write"),
    ],
)
def test_wrong_use(command: Command, journal: Path, words: list[str], message: str) -> None:
    """One line that says what to do."""
    Path("empty").mkdir()
    done = command("runs", *(word.format(journal=journal) for word in words))
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_solve_with_a_journal(command: Command) -> None:
    """The second time everything is there."""
    ask = ("solve", "say 7", "--n", "4", "--json", "--journal", "j.sqlite")
    first, second = (json.loads(command(*ask).stdout) for _ in range(2))
    assert first == second
    (row,) = json.loads(command("runs", "list", "j.sqlite", "--json").stdout)
    assert row["results"] == 1


def test_never_over_a_journal(command: Command, journal: Path) -> None:
    """An export that would destroy what it is taken from."""
    run = command("runs", "export", str(journal), "--out", str(journal))
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.stderr == f"tts-async: error: out: {journal} is a journal; choose another file\n"
    assert command("runs", "list", str(journal)).exit_code == 0


def test_the_only_journal_of_a_folder_is_damaged(command: Command, journal: Path) -> None:
    """What is wrong with it is said, rather than that there is none."""
    journal.write_text("something else")
    run = command("runs", "list", str(journal.parent))
    assert run.exit_code == 1
    assert "is not a journal" in run.stderr
