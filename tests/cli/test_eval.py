"""``tts-async eval`` from a file of problems to figures, lines and a picture."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command

PROBLEMS = [("say 7", "7"), ("say 8", "7"), ("say 0 or 5", "5.0"), ("be silent", "1")]


@pytest.fixture
def dataset(command: Command) -> str:
    """A file with four problems of which the parrot gets two right."""
    rows = [json.dumps({"problem": p, "answer": a}) for p, a in PROBLEMS]
    Path("parrot.jsonl").write_text("\n".join(rows))
    return "parrot.jsonl"


def test_everything_is_written(command: Command, dataset: str) -> None:
    """Table on stdout, progress on stderr, files in the folder."""
    run = command("eval", dataset, "--n", "1,4", "--out", "out")
    assert run.exit_code == 0
    rows = [line.split()[:3] for line in run.stdout.splitlines() if "50.0 [" in line]
    assert [row[:2] for row in rows] == [
        ["greedy", "1"],
        *([name, n] for name in ("majority", "best_of_n", "beam_search", "dvts") for n in "14"),
    ]
    assert "dvts n=4: 4/4" in run.stderr
    assert "\x1b" not in run.stdout + run.stderr
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "journal.sqlite",
        "pictures",
        "problems.jsonl",
        "report.html",
        "report.md",
        "results.json",
    ]
    assert len(Path("out/problems.jsonl").read_text().splitlines()) == 9 * 4
    results = json.loads(Path("out/results.json").read_text())
    assert not results["interrupted"]
    assert (results["generator"], results["verifier"]) == ("embedded", "embedded")
    assert {row["accuracy"] for row in results["rows"]} == {0.5}


def test_json_is_the_report(command: Command, dataset: str) -> None:
    """The same object as in the file, and nothing else on stdout."""
    run = command("eval", dataset, "--strategy", "greedy,dvts", "--n", "4", "--json", "--out", "o")
    data = json.loads(run.stdout)
    assert data == json.loads(Path("o/results.json").read_text())
    assert [(row["strategy"], row["n"]) for row in data["rows"]] == [("greedy", 1), ("dvts", 4)]
    assert all(row["complete"] and row["problems"] == 4 for row in data["rows"])


def test_arithmetic_is_built_in(command: Command) -> None:
    """One level of it, and a folder of its own where none was named."""
    run = command(
        "eval", "arithmetic", "--strategy", "greedy", "--level", "2", "--limit", "3", "--json"
    )
    (row,) = json.loads(run.stdout)["rows"]
    assert list(row["by_level"]) == ["2"]
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("arithmetic-")


def test_no_verifier_is_started_where_none_is_needed(command: Command, dataset: str) -> None:
    """Greedy and majority are the default without one, and with one do not open it."""
    run = command("eval", dataset, "--verifier", "none", "--n", "2", "--json", "--out", "o")
    data = json.loads(run.stdout)
    assert data["verifier"] is None
    assert [row["strategy"] for row in data["rows"]] == ["greedy", "majority"]
    run = command("eval", dataset, "--strategy", "majority", "--n", "2", "--json", "--out", "p")
    assert json.loads(run.stdout)["verifier"] is None


def test_references_from_numbers_and_files(command: Command, dataset: str) -> None:
    """The greedy row of another evaluation is the usual comparison."""
    command("eval", dataset, "--strategy", "greedy", "--out", "large")
    run = command(
        *("eval", dataset, "--strategy", "majority", "--n", "1,2", "--out", "small"),
        *("--reference", "8x larger=large/results.json", "--reference", "a = b=0.5"),
    )
    assert run.exit_code == 0
    run = command("eval", dataset, "--reference", "x=large/problems.json")
    assert run.exit_code == 2


def test_without_matplotlib_the_figures_are_still_there(
    command: Command, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install, and the run is fine."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    run = command("eval", dataset, "--strategy", "greedy", "--out", "o")
    assert run.exit_code == 0
    assert "pip install 'tts-async[plot]'" in run.stderr
    assert Path("o/results.json").exists()
    assert not Path("o/pictures").exists()


def test_a_server_that_goes_away_keeps_finished_rows(command: Command) -> None:
    """Exit code 1, the reason, and where the rest is."""
    rows = [{"problem": f"gone {i}", "answer": "1"} for i in range(9)]
    rows.insert(0, {"problem": "say 1", "answer": "1"})
    Path("set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = command("eval", "set.jsonl", "--strategy", "greedy", "--out", "o")
    assert run.exit_code == 1
    assert "tts-async: error: nobody is there" in run.stderr
    assert "ended early; 0 complete rows" in run.stderr
    results = json.loads(Path("o/results.json").read_text())
    assert results["interrupted"]
    assert not results["rows"][0]["complete"]


def test_when_nothing_works_nothing_is_kept(command: Command) -> None:
    """A run without a single outcome leaves no folder."""
    Path("set.jsonl").write_text(json.dumps({"problem": "broken", "answer": "1"}))
    run = command("eval", "set.jsonl", "--strategy", "greedy", "--out", "o")
    assert (run.exit_code, run.stdout) == (1, "")
    assert run.stderr.endswith("tts-async: error: too long\n")
    assert not Path("o").exists()


def test_selections_and_seeds(command: Command, dataset: str) -> None:
    """Vanilla and weighted best-of-n in one run, everything with each of three seeds."""
    run = command(
        *("eval", dataset, "--strategy", "best_of_n,best_of_n:naive", "--n", "2"),
        *("--seed", "5", "--seeds", "3", "--out", "o"),
    )
    assert "seeds 5 to 7" in run.stdout
    assert "best_of_n:naive" in run.stdout
    data = json.loads(Path("o/results.json").read_text())
    assert data["seeds"] == [5, 6, 7]
    assert [(row["select"], row["runs"]) for row in data["rows"]] == [
        ("weighted", 12),
        ("naive", 12),
    ]
    assert [span["label"] for span in data["occupancy"]["rows"]] == [
        "best_of_n n=2",
        "best_of_n:naive n=2",
    ]
    outcomes = [json.loads(line) for line in Path("o/problems.jsonl").read_text().splitlines()]
    assert {(one["select"], one["seed"]) for one in outcomes} == {
        (select, seed) for select in ("weighted", "naive") for seed in (5, 6, 7)
    }


def test_a_recipe_stands_in_for_defaults(command: Command, dataset: str) -> None:
    """Also for the data set; what is given on the command line goes before it."""
    Path("mine.toml").write_text(
        f'dataset = "{dataset}"\nstrategy = ["majority", "dvts"]\nn = [2, 4]\nseeds = 2\n'
        'temperature = 0.5\nsystem_prompt = "Speak."\n'
    )
    run = command("eval", "--recipe", "mine.toml", "--n", "2", "--json", "--out", "o")
    data = json.loads(run.stdout)
    assert (data["dataset"], data["seeds"]) == (dataset, [0, 1])
    assert [(row["strategy"], row["n"]) for row in data["rows"]] == [("majority", 2), ("dvts", 2)]
    assert data["options"]["temperature"] == 0.5
    assert data["options"]["system_prompt"] == "Speak."
    assert data["command"] == [
        *("tts-async", "eval", "--n", "2", "--recipe", "mine.toml", "--out", "o", "--json")
    ]


def test_the_recorded_command_has_no_secrets(command: Command, dataset: str) -> None:
    """Neither a key nor a password in a URL."""
    run = command(
        *("eval", dataset, "--strategy", "majority", "--n", "2", "--no-early-stop", "--json"),
        *("--base-url", "http://me:secret@host:1", "--api-key", "secret", "--out", "o"),
    )
    words = json.loads(run.stdout)["command"]
    assert "secret" not in " ".join(words)
    assert {"--base-url", "http://host:1", "--no-early-stop", dataset} <= {*words}
