"""The commands: one after the other on the embedded models, and what they refuse."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.docs.pages import DOCS, blocks
from tests.training.from_search.trees import search
from tts_async import Problem
from tts_async.embedded import GENERATOR_PATH
from tts_async.training import read_labelled, read_solutions
from tts_async.training.cli.app import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PAGE = (DOCS / "training.md").read_text(encoding="utf-8")
RULE = "tts_async.training.rules:check_arithmetic"

Command = Callable[..., Any]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Call it with arguments; returns the runner's result with exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def call(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    return call


def test_from_problems_to_a_measured_verifier(command: Command, tmp_path: Path) -> None:
    """Each stage reads what the one before it wrote."""
    pytest.importorskip("torch")
    problems = [("2+3*4", "14"), ("(5*6)-7", "23"), ("8+9", "17"), ("(7-4)*9+6", "33")]
    Path("problems.jsonl").write_text(
        "".join(json.dumps({"problem": p, "answer": a}) + "\n" for p, a in problems)
    )
    drawn = command("rollout", "problems.jsonl", "--n", "2", "--out", "r.jsonl")
    assert (drawn.exit_code, drawn.stdout) == (0, "")
    assert drawn.stderr.endswith("tts-async: 8 new solutions in r.jsonl\n")
    assert len(read_solutions("r.jsonl")) == 8
    labelled = command("label", "r.jsonl", "--completions", "2", "--soft", "--out", "mc.jsonl")
    assert labelled.exit_code == 0, labelled.stderr
    assert all(row.shares is not None for row in read_labelled("mc.jsonl"))
    assert command("label", "r.jsonl", "--rule", RULE, "--out", "rule.jsonl").exit_code == 0
    base = ("--base", str(GENERATOR_PATH), "--learning-rate", "1e-3")
    trained = command("train", "mc.jsonl", "rule.jsonl", *base, "--out", "prm")
    assert trained.exit_code == 0, trained.stderr
    assert "16 solutions, 1 steps; the model is in prm" in trained.stderr
    assert "python -m tts_async.training" in (tmp_path / "prm" / "README.md").read_text()
    for judge in (("--verifier", "prm"), ("--labels", "mc.jsonl")):
        measured = command("evaluate", "rule.jsonl", *judge, "--json")
        assert measured.exit_code == 0, measured.stderr
        assert json.loads(measured.stdout)["solutions"] == 8
    shown = command("evaluate", "rule.jsonl", "--labels", "rule.jsonl").stdout
    assert re.search(r"8 solutions, \d with an error", shown)
    assert re.search(r"step accuracy \(of \d+ steps\) +100\.0 %", shown)


def test_training_data_from_searches(command: Command) -> None:
    """Any number of files; it says what became of them, and fails when there is nothing."""
    one, other = search(), search(problem=Problem("and this?"))
    for name, results in (("a.jsonl", [one]), ("b.jsonl", [one, other])):
        Path(name).write_text("".join(json.dumps(r.to_dict()) + "\n" for r in results))
    options = ("--format", "dpo", "--between", "answers", "--out", "dpo.jsonl")
    written = command("from-search", "a.jsonl", "b.jsonl", *options)
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr == (
        "tts-async: 2 rows from 3 searches; 2 more repeat one of them; "
        "1 left out: no reference answer is known; in dpo.jsonl\n"
    )
    assert len(Path("dpo.jsonl").read_text().splitlines()) == 2
    nothing = command(
        "from-search", "a.jsonl", "--format", "prm", "--min-answers", "6", "--out", "p"
    )
    assert nothing.exit_code == 1
    assert "0 rows from 1 searches; 1 left out: nothing in them qualifies" in nothing.stderr
    soft = command("from-search", "a.jsonl", "--format", "prm", "--soft", "--out", "prm.jsonl")
    assert soft.exit_code == 0
    assert [row.labels for row in read_labelled("prm.jsonl")][2] == (True, False)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("rollout none.jsonl --out r.jsonl", "none.jsonl: no such file"),
        ("rollout arithmetic --out r.jsonl --n 0", "n: must be at least 1, got 0"),
        ("rollout arithmetic --out r.jsonl --generator nowhere", "generator: no such folder"),
        ("label none.jsonl --out l.jsonl", "none.jsonl: no such file"),
        (f"label r.jsonl --out l.jsonl --rule {RULE} --soft", "leave out --completions, --soft"),
        ("label r.jsonl --out l.jsonl --rule json:nothing", "cannot import 'json:nothing'"),
        ("label r.jsonl --out l.jsonl --rule json", "write it as MODULE:FUNCTION"),
        ("train none.jsonl --base b --out o", "none.jsonl: no such file"),
        ("train none.jsonl --base b --out o --epochs 0", "epochs: must be positive, got 0"),
        ("train none.jsonl --base b --out o --threads 0", "threads: must be at least 1, got 0"),
        ("from-search none --format sft --out o", "none: no such file"),
        ("from-search none --format csv --out o", "expected one of sft, dpo, prm; got 'csv'"),
        ("from-search none --format sft --out o --soft", "soft: changes nothing with --format sft"),
        ("from-search none --format prm --out o --by vote", "by: expected one of reference; got"),
        ("from-search none --format dpo --out o --margin 2", "margin: must be in (0, 1], got 2"),
        ("from-search r.jsonl --format dpo --out r.jsonl", "out: r.jsonl is there already"),
        ("evaluate none.jsonl --labels r.jsonl", "none.jsonl: no such file"),
        ("evaluate r.jsonl", "give --verifier (with --calibrate, if you like) or --labels"),
        ("evaluate r.jsonl --verifier a --labels b", "give --verifier (with"),
        ("evaluate r.jsonl --labels b --calibrate c", "give --verifier (with"),
        ("evaluate r.jsonl --verifier nowhere", "verifier: no such folder: nowhere"),
    ],
)
def test_wrong_use_is_one_line(command: Command, arguments: str, complaint: str) -> None:
    """On stderr, with exit code 2 and without a traceback."""
    Path("r.jsonl").touch()
    outcome = command(*arguments.split())
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("tts-async: error: ")
    assert complaint in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained_in_the_documentation(name: str) -> None:
    """In one of the tables of its page."""
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    named = set(re.findall(r"`(--[a-z0-9-]+)`", PAGE))
    assert {option for option in options if option.startswith("--")} - {"--help"} <= named


def test_the_shown_commands_are_understood() -> None:
    """The command exists and knows the options."""
    code = "\n".join(block.code for block in blocks(DOCS / "training.md"))
    shown = re.findall(
        r"^\$ python -m tts_async\.training (.*)$", code.replace("\\\n", " "), re.MULTILINE
    )
    assert {line.split()[0] for line in shown} == set(COMMANDS)
    for line in shown:
        name, *words = line.split()
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known
