"""``tts-async tree``: from a file or a journal, to the terminal or a page."""

import asyncio
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.observe.tree.made import big, made, small
from tts_async import BestOfN, Majority, Problem, Result, Solver
from tts_async.evaluation.files import JOURNAL
from tts_async.testing import RandomGenerator


def write(result: Result, path: Path) -> str:
    """What ``solve --json --tree`` prints, in a file."""
    path.write_text(json.dumps(result.to_dict()), encoding="utf-8")
    return str(path)


def test_a_file_in_the_terminal(command: Command, tmp_path: Path) -> None:
    """Every node on a line, as long as there are few."""
    run = command("tree", write(small(), tmp_path / "result.json"))
    assert (run.exit_code, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) == 7
    assert "0.20 a dead end" in run.stdout


def test_stdin(command: Command) -> None:
    """Straight from ``solve``."""
    run = command("tree", "-", "--depth", "1", stdin=json.dumps(small().to_dict()))
    assert run.exit_code == 0
    assert "… 2 more, 1 answer, best 0.90" in run.stdout


def test_a_big_tree_is_folded(command: Command, tmp_path: Path) -> None:
    """Unless all of it is asked for."""
    file = write(big(subtrees=8), tmp_path / "result.json")
    folded, whole = command("tree", file), command("tree", file, "--all")
    assert len(folded.stdout.splitlines()) < 300
    assert len(whole.stdout.splitlines()) == 1 + 8 * 40 * 4


def test_a_page(command: Command, tmp_path: Path) -> None:
    """In the file that was named, folders included, which is what stdout says."""
    page = tmp_path / "pages" / "tree.html"
    run = command("tree", write(small(), tmp_path / "result.json"), "--html", str(page))
    assert (run.exit_code, run.stdout) == (0, f"{page}\n")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An evaluation's folder with two problems and three runs in its journal."""

    async def search() -> None:
        for strategy, seed in ((Majority(n=2), 0), (Majority(n=2), 1), (BestOfN(n=3), 0)):
            solver = Solver(
                generator=RandomGenerator(),
                verifier=lambda _, steps: [0.5] * len(steps),
                journal=tmp_path / JOURNAL,
                seed=seed,
            )
            async with solver:
                for problem in ("one", "two"):
                    await solver.solve(problem, strategy=strategy)

    asyncio.run(search())
    return tmp_path


def test_a_journal_holds_many(command: Command, folder: Path) -> None:
    """The message lists what there is, as options; enough of them name one."""
    several = command("tree", str(folder))
    assert several.exit_code == 2
    assert "has several; choose one: --run 1 --problem" in several.stderr
    first = several.stderr.split("choose one: ")[1].split(";")[0]
    assert command("tree", str(folder / JOURNAL), *shlex.split(first)).exit_code == 0
    half = command("tree", str(folder), "--strategy", "majority", "--seed", "1")
    assert half.stderr.count("--problem") == 2
    options = half.stderr.split("choose one: ")[1].split(";")[1].split()
    assert "two" in command("tree", str(folder), *options).stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--n", "4"), "has none with --n 4; its runs: --run 1 --strategy majority --n 2 --seed 0"),
        (("--problem", "x"), "has none with --problem x: --run 1 --problem"),
    ],
)
def test_nothing_fits(command: Command, folder: Path, options: Any, message: str) -> None:
    """The message says what there is instead."""
    run = command("tree", str(folder), *options)
    assert run.exit_code == 2
    assert message in run.stderr


def data(**changes: Any) -> dict[str, Any]:
    """A result as data, with something wrong in it."""
    return {**small().to_dict(), **changes}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "result.json: holds no results"),
        ("{", "result.json: not JSON"),
        (json.dumps(small().to_dict(tree=False)), "line 1: no result with its tree; give a"),
        (json.dumps({"rows": []}), "give the folder it is in"),
        (json.dumps(data(seed="x")), "Expected `int`, got `str` - at `$.seed`"),
        (json.dumps(data(confidence=float("nan"))), "NaN is no number"),
        (json.dumps(data(tree=data()["tree"][1:])), "no node at (0,)"),
        (json.dumps(data(tree=[{**data()["tree"][0], "score": 2.0}])), "at `$.tree[0].score`"),
        (json.dumps(data(tree=[{**data()["tree"][0], "path": []}])), "at `$.tree[0].path`"),
    ],
    ids=range(9),
)
def test_files_that_hold_something_else(
    command: Command, tmp_path: Path, content: str, message: str
) -> None:
    """One line that says what is wrong where."""
    (tmp_path / "result.json").write_text(content)
    run = command("tree", "result.json")
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.json",), "result: no such file: none.json"),
        ((".",), "result: the folder . has no journal.sqlite"),
        (("-", "--html", "x.html", "--all"), "all: a page holds the whole tree"),
        (("-", "--html", "x.html", "--depth", "2"), "depth: a page holds the whole tree"),
    ],
)
def test_wrong_arguments(command: Command, arguments: tuple[str, ...], message: str) -> None:
    """Named with the fix."""
    run = command("tree", *arguments, stdin="")
    assert run.exit_code == 2
    assert message in run.stderr


def test_a_page_that_cannot_be_written(command: Command, tmp_path: Path) -> None:
    """A folder is no file."""
    run = command("tree", write(small(), tmp_path / "result.json"), "--html", str(tmp_path))
    assert run.exit_code == 2
    assert f"html: cannot write {tmp_path}" in run.stderr


def test_a_file_that_is_not_the_one(command: Command, tmp_path: Path) -> None:
    """A choice holds for a single result, too."""
    file = write(made([((0,), "7", 0.5)], {(0,): "7"}), tmp_path / "result.json")
    assert command("tree", file, "--problem", "p1", "--seed", "0").exit_code == 0
    run = command("tree", file, "--seed", "3")
    assert "has none with --seed 3: --problem p1 --strategy dvts --n 4 --seed 0" in run.stderr


def test_a_file_of_several(command: Command, tmp_path: Path) -> None:
    """As ``runs export`` writes them: one has to be chosen."""
    results = [small(), made([((0,), "7", 0.5)], {(0,): "7"}, seed=3)]
    (tmp_path / "all.jsonl").write_text("".join(json.dumps(r.to_dict()) + "\n" for r in results))
    assert "has several; choose one: --problem" in command("tree", "all.jsonl").stderr
    assert command("tree", "all.jsonl", "--seed", "3").exit_code == 0


def test_never_over_a_journal(command: Command, folder: Path) -> None:
    """Nobody can make it again."""
    run = command("tree", str(folder), "--run", "1", "--html", str(folder / JOURNAL))
    assert run.exit_code == 2
    assert "is a journal; choose another file" in run.stderr
    assert "has several" in command("tree", str(folder)).stderr


def test_a_folder_whose_journal_is_none(command: Command, folder: Path) -> None:
    """The message names the file."""
    (folder / JOURNAL).write_text("something else")
    run = command("tree", str(folder))
    assert f"{folder / JOURNAL} is not a journal" in run.stderr


def test_names_of_others_in_a_message(command: Command, tmp_path: Path) -> None:
    """Options that a shell takes as they are, and no control codes for the terminal."""

    async def search() -> None:
        solver = Solver(generator=RandomGenerator(), journal=tmp_path / JOURNAL)
        async with solver:
            for name in ("$(rm x)", "a\x1b[31m\u202eb"):
                await solver.solve(Problem("one", id=name), strategy=Majority(n=2))

    asyncio.run(search())
    said = command("tree", str(tmp_path)).stderr
    assert "--problem '$(rm x)' --strategy" in said
    assert "--problem 'a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b'" in said
    assert "\x1b" not in said
