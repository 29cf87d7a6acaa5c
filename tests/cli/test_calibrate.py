"""From an evaluation to a policy file to a search that goes by it."""

import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Command
from tests.cli.parrot_command import make_parrot
from tts_async.cli.app import app


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders ``run`` and ``wide``: thirty problems with two seeds, and beams of four and eight."""
    folder = tmp_path_factory.mktemp("evaluations")
    rows = [
        {"problem": f"{'be silent' if i % 3 == 0 else 'say'} {i}", "answer": str(i)}
        for i in range(30)
    ]
    (folder / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    strategies = "greedy,majority,best_of_n,best_of_n:naive,dvts"
    for arguments in (
        ("--strategy", strategies, "--n", "1,4,8", "--out", "run"),
        ("--strategy", "best_of_n,dvts", "--n", "8", "--beam-width", "8", "--out", "wide"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tts_async.cli.models.Solver", make_parrot)
            patch.setitem(sys.modules, "matplotlib.figure", None)  # pictures would take seconds
            patch.chdir(folder)
            run = CliRunner().invoke(app, ["eval", "set.jsonl", "--seeds", "2", *arguments])
        assert run.exit_code == 0, run.stderr
    return folder


@pytest.fixture
def evaluated(command: Command, evaluations: Path) -> Path:
    """The first of them, in the folder that the command runs in; the second beside it."""
    shutil.copytree(evaluations, ".", dirs_exist_ok=True)
    return Path("run")


def test_calibrate_then_solve(command: Command, evaluated: Path) -> None:
    """The file lies in the folder, says where it comes from, and is what solve takes."""
    run = command("calibrate", "run", "--classes", "2")
    assert run.exit_code == 0, run.stderr
    assert run.stdout.endswith("run/policy.json\n")
    policy = json.loads((evaluated / "policy.json").read_text())
    origin = policy["provenance"]
    assert (origin["source"], origin["dataset"], origin["problems"]) == ("run", "set.jsonl", 30)
    assert origin["seeds"] == [0, 1]
    assert [row["budget"] for row in policy["rows"]] == [1, 4, 8]
    solve = ("solve", "say 5", "--strategy", "compute_optimal", "--policy", "run/policy.json")
    answer = json.loads(command(*solve, "--n", "8", "--json").stdout)
    assert answer["answer"] == "5"
    assert answer["chosen"] in {
        f"{name} n={n}" for name in ("best_of_n", "majority") for n in (4, 8)
    }
    assert f"n=8, went on with {answer['chosen']}" in command(*solve, "--n", "8").stdout


def test_a_policy_can_be_evaluated_like_any_strategy(
    command: Command, evaluated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shares samples with the others in its folder, and is no option for the next policy."""
    command("calibrate", "run")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    run = command(
        *("eval", "set.jsonl", "--strategy", "best_of_n,compute_optimal", "--n", "8"),
        *("--policy", "run/policy.json", "--out", "again"),
    )
    assert run.exit_code == 0, run.stderr
    best_of_n, chosen = json.loads(Path("again/results.json").read_text())["rows"]
    assert (chosen["strategy"], chosen["correct"]) == ("compute_optimal", best_of_n["correct"])
    assert chosen["replayed_tokens"] == chosen["tokens"]
    assert sum(chosen["chosen"].values()) == chosen["runs"]
    assert best_of_n["chosen"] == {}
    assert "compute_optimal n=8 went on with " in " ".join(run.stdout.split())
    again = command("calibrate", "again")
    assert again.exit_code == 0
    assert "left out: ComputeOptimal(n=8" in again.stderr


def test_json_has_policy_and_figures(command: Command, evaluated: Path) -> None:
    """One object, two thirds of which are right, whatever the budget."""
    run = command("calibrate", str(evaluated), "--json", "--difficulty", "agreement", "--out", "p")
    data = json.loads(run.stdout)
    assert data["policy"] == json.loads(Path("p").read_text())
    assert data["policy"]["difficulty"]["measure"] == "agreement"
    for report in data["budgets"]:
        assert report["policy"]["value"] == pytest.approx(2 / 3)
        assert report["rival"]["accuracy"] == pytest.approx(2 / 3)


def test_several_runs_with_other_beam_widths(command: Command, evaluated: Path) -> None:
    """All of them are options."""
    run = command("calibrate", str(evaluated), "wide", "--json")
    singles = json.loads(run.stdout)["budgets"][-1]["singles"]
    assert {"dvts width=4 n=8", "dvts width=8 n=8"} <= {single["choice"] for single in singles}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "no such file"),
        (["run", "--difficulty", "mood"], "difficulty: expected one of score, agreement"),
        (["run", "--folds", "1"], "folds: expected at least 2"),
        (["run", "--classes", "0"], "classes: expected at least 1"),
        (["run", "--pilots", "0"], "pilots: expected an integer of at least 1"),
        (["run", "--folds", "20"], "30 problems are too few for 20 folds"),
        (["run", "--out", "no/such/folder"], "policy: cannot write"),
        (["run", "--out", "run/results.json"], "out: run/results.json is an evaluation's own"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use(command: Command, evaluated: Path, arguments: list[str], reason: str) -> None:
    """One line that names the argument, and no file."""
    run = command("calibrate", *arguments)
    assert (run.exit_code, run.stdout) == (2, "")
    assert reason in run.stderr
    assert not (evaluated / "policy.json").exists()


def test_scores_need_best_of_n(command: Command, evaluated: Path) -> None:
    """A run that lost its scores says what it lacks; agreement is still there."""
    with closing(sqlite3.connect(evaluated / "journal.sqlite")) as journal, journal:
        chosen = "SELECT id FROM runs WHERE CAST(payload AS TEXT) LIKE '%best_of_n%'"
        journal.execute(f"DELETE FROM results WHERE run IN ({chosen})")
    run = command("calibrate", "run")
    assert run.exit_code == 2
    assert "evaluate best_of_n too" in run.stderr
    assert command("calibrate", "run", "--difficulty", "agreement").exit_code == 0
