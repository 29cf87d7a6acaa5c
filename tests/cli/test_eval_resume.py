"""An evaluation goes on where it ended, however it ended, and comes to the same results."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.patience import PATIENCE, wait_for

SCRIPT = str(Path(__file__).with_name("random_command.py"))
OPTIONS = (
    *("--strategy", "majority,best_of_n,best_of_n:naive,beam_search,dvts", "--n", "2,8"),
    *("--beam-width", "2", "--no-early-stop", "--seeds", "2", "--max-in-flight", "4"),
)
AT_ONCE = 16
"""The generator's capacity: no more requests than that are under way when the process dies."""
CLOSING = 2
"""Batches on the way to the disk when a process is killed: one being collected, one written."""


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """The command in the background, with its list of what it drew beside its folder."""
    return subprocess.Popen(
        [
            *(sys.executable, SCRIPT, "eval", str(folder.with_name("set.jsonl"))),
            *(*OPTIONS, "--out", str(folder), *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DRAWN": str(drawn_file(folder))},
    )


def drawn_file(folder: Path) -> Path:
    """The list of what was drawn for a folder."""
    return folder.with_suffix(".drawn")


def drawn(folder: Path) -> list[str]:
    """Every request that was answered so far, in every process."""
    file = drawn_file(folder)
    return file.read_text().splitlines() if file.exists() else []


def wait_for_drawn(process: "subprocess.Popen[str]", folder: Path, count: int) -> None:
    """Until so many requests were answered."""

    def are_answered() -> bool:
        if len(drawn(folder)) >= count:
            return True
        assert process.poll() is None, process.communicate()
        return False

    wait_for(are_answered, f"{count} answered requests")


def without_times(folder: Path) -> dict[str, Any]:
    """The results, less what two runs of the same may differ in."""
    results = json.loads((folder / "results.json").read_text())
    del results["created"], results["occupancy"], results["dataset"], results["command"]
    for row in results["rows"]:
        del row["seconds"], row["replayed_tokens"]
        for seed in row["seeds"]:
            del seed["seconds"]
    return results  # type: ignore[no-any-return]


def lines(folder: Path) -> list[dict[str, Any]]:
    """The outcomes of every problem, in an order of their own, less their times."""
    found = map(json.loads, (folder / "problems.jsonl").read_text().splitlines())
    kept = [{key: value for key, value in one.items() if key != "seconds"} for one in found]
    return sorted(kept, key=lambda one: str([*one.values()]))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    write_problems(folder)
    process = start(folder)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert "beam_search" in out
    return folder


def write_problems(folder: Path) -> None:
    """Six problems beside the folder."""
    rows = [{"problem": f"digit {i}", "answer": str(i), "level": i % 2 + 1} for i in range(6)]
    folder.with_name("set.jsonl").write_text("\n".join(map(json.dumps, rows)))


def test_killed_again_and_again(whole: Path, tmp_path: Path) -> None:
    """At any moment; and of what was drawn, only what was under way is drawn again."""
    folder = tmp_path / "out"
    write_problems(folder)
    total = len(drawn(whole))
    moments = [1, total // 3, total // 3 + 5, total * 4 // 5]
    for moment in moments:
        process = start(folder, "--resume")
        wait_for_drawn(process, folder, moment)
        process.kill()
        process.communicate(timeout=PATIENCE)
    process = start(folder, "--resume")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert without_times(folder) == without_times(whole)
    assert lines(folder) == lines(whole)
    again = Counter(drawn(folder)) - Counter(drawn(whole))
    assert again.total() <= len(moments) * AT_ONCE * CLOSING
    assert {*drawn(folder)} == {*drawn(whole)}


def test_interrupted_once(whole: Path, tmp_path: Path) -> None:
    """Nothing at all is drawn again, and the message says how to go on."""
    folder = tmp_path / "out"
    write_problems(folder)
    process = start(folder)
    wait_for_drawn(process, folder, len(drawn(whole)) // 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "majority" in out
    assert err.splitlines()[-1] == "tts-async: interrupted"
    assert f"the same command with --resume --out {folder} goes on" in err
    assert json.loads((folder / "results.json").read_text())["interrupted"]
    process = start(folder, "--resume")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert lines(folder) == lines(whole)
    again = Counter(drawn(folder)) - Counter(drawn(whole))
    assert again.total() <= AT_ONCE  # answered, but not taken any more


def test_what_is_there_is_shared_and_said(whole: Path) -> None:
    """Best-of-N has the samples of the majority vote; what it replays is no cost."""
    rows = json.loads((whole / "results.json").read_text())["rows"]
    found = {(row["strategy"], row["select"], row["n"]): row for row in rows}
    assert found["majority", None, 8]["replayed_tokens"] < found["majority", None, 8]["tokens"]
    for select in ("weighted", "naive"):
        row = found["best_of_n", select, 8]
        assert row["replayed_tokens"] == row["tokens"] > 0
    assert all(row["runs"] == 12 and row["complete"] for row in rows)
    assert {*found["dvts", "weighted", 8]["pass_at_k"]} >= {"1", "2", "4", "8"}


@pytest.fixture
def evaluation(command: Command, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of an evaluation that lies in the folder ``o``."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # pictures take seconds
    rows = [json.dumps({"problem": f"say {i}", "answer": "7"}) for i in range(6, 9)]
    Path("set.jsonl").write_text("\n".join(rows))
    arguments = ["set.jsonl", "--strategy", "greedy,dvts", "--n", "2,4", "--limit", "2"]
    assert command("eval", *arguments, "--out", "o").exit_code == 0
    return ["eval", *arguments, "--out", "o"]


def results() -> dict[str, Any]:
    """What lies in the folder ``o``."""
    return json.loads(Path("o/results.json").read_text())  # type: ignore[no-any-return]


def test_the_same_again_costs_nothing(command: Command, evaluation: list[str]) -> None:
    """Even the times are those of the run that took them."""
    before = results()
    run = command(*evaluation, "--resume", "--json")
    after = json.loads(run.stdout)
    assert after["rows"] == before["rows"]
    assert after["created"] == before["created"]
    assert "0 tokens/s" in run.stderr


def test_more_of_everything(command: Command, evaluation: list[str]) -> None:
    """Strategies, budgets, seeds and problems."""
    more = ("--strategy", "majority,greedy,dvts", "--n", "2,4,8", "--limit", "3", "--seeds", "2")
    run = command(*evaluation, *more, "--resume", "--json")
    data = json.loads(run.stdout)
    assert [(row["strategy"], row["n"]) for row in data["rows"]] == [
        *(("majority", n) for n in (2, 4, 8)),
        ("greedy", 1),
        *(("dvts", n) for n in (2, 4, 8)),
    ]
    assert {row["runs"] for row in data["rows"]} == {6}
    dvts = data["rows"][4]
    assert 0 < dvts["replayed_tokens"] < dvts["tokens"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--strategy", "greedy"), "strategy: it has dvts too; name it again"),
        (("--n", "4"), "n: it has dvts n=2 too; give it again"),
        (("--limit", "1"), "limit: it has 2 problems and this one 1"),
        (("--seed", "1"), "seed: it was 0 before and is 1 now"),
        (("--temperature", "0.5"), "temperature: it was not given before and is 0.5 now"),
        (("--aggregation", "min"), "aggregation: it was not given before and is min now"),
        (("--beam-width", "2"), "beam-width: it was not given before and is 2 now"),
        (("--token-budget", "99"), "token-budget: it was not given"),
        (("--overwrite",), "resume: give either --resume or --overwrite, not both"),
    ],
)
def test_another_evaluation(
    command: Command, evaluation: list[str], options: tuple[str, ...], message: str
) -> None:
    """What would change results or lose them is refused, and the option is named."""
    before = results()
    run = command(*evaluation, *options, "--resume")
    assert run.exit_code == 2
    assert message in run.stderr
    assert results() == before


def test_another_dataset(command: Command, evaluation: list[str]) -> None:
    """The one in the folder is named."""
    run = command("eval", "arithmetic", *evaluation[2:], "--resume")
    assert (run.exit_code, "dataset: it was set.jsonl before" in run.stderr) == (2, True)


def test_another_generator(command: Command, evaluation: list[str]) -> None:
    """One model's samples are not another's."""
    Path("model").mkdir()
    run = command(*evaluation, "--generator", "model", "--resume")
    assert run.exit_code == 2
    assert "generator: it was embedded before and is model now" in run.stderr


def test_fewer_seeds(command: Command, evaluation: list[str]) -> None:
    """Their outcomes would be lost."""
    command(*evaluation, "--seeds", "2", "--resume")
    run = command(*evaluation, "--resume")
    assert (run.exit_code, "seeds: it has 1 too" in run.stderr) == (2, True)


def test_a_folder_that_is_taken(command: Command, evaluation: list[str]) -> None:
    """Neither resumed nor replaced unless told to."""
    run = command(*evaluation)
    assert run.exit_code == 2
    assert "out: o holds an evaluation already; add --resume" in run.stderr
    run = command(*evaluation[:-2], "--resume")
    assert (run.exit_code, "resume: name the folder" in run.stderr) == (2, True)
    run = command(*evaluation, "--strategy", "greedy", "--overwrite", "--json")
    (row,) = json.loads(run.stdout)["rows"]
    assert (row["strategy"], row["replayed_tokens"]) == ("greedy", 0)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ('{"schema": 1, "rows": []}', "schema 1, and only 2 is understood"),
        ('{"schema": 2, "rows": []}', "missing required field `dataset`"),
        ('{"schema": 2, "dataset": "d", "problems": 1, "rows": 5}', "Expected `array`, got `int`"),
        ("[1, 2", "cannot be read as JSON"),
    ],
)
def test_results_that_cannot_be_gone_on_with(
    command: Command, evaluation: list[str], found: str, message: str
) -> None:
    """Of another version, or no results at all: they are left alone."""
    Path("o/results.json").write_text(found)
    run = command(*evaluation, "--resume")
    assert (run.exit_code, "resume: o/results.json: " in run.stderr) == (2, True)
    assert message in run.stderr
    assert Path("o/results.json").read_text() == found


def test_a_folder_without_results_is_begun(command: Command, evaluation: list[str]) -> None:
    """A script may say --resume from the start, or after a crash before the first result."""
    Path("o/results.json").unlink()
    assert command(*evaluation, "--resume").exit_code == 0
    assert all(row["replayed_tokens"] == row["tokens"] for row in results()["rows"])
    assert command(*evaluation[:-1], "new", "--resume").exit_code == 0
