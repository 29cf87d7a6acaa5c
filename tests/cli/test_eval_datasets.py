"""The options of ``eval`` about its problems, and what it says about bad rows."""

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_columns_of_other_names(command: Command) -> None:
    """A CSV file with names of its own; everything else as usual."""
    Path("set.csv").write_text("task,key,n\nsay 1,1,x\nsay 2,2,y\n")
    arguments = ("eval", "set.csv", "--strategy", "greedy", "--json", "--out", "o")
    run = command(*arguments, "--problem-column", "task", "--answer-column", "key")
    assert run.exit_code == 0
    assert json.loads(run.stdout)["rows"][0]["correct"] == 2
    run = command(*arguments)
    assert run.exit_code == 2
    assert "set.csv, lines 2, 3: no column 'problem' (it has 'task', 'key', 'n')" in run.stderr


def test_bad_rows_end_the_run_unless_they_are_skipped(command: Command) -> None:
    """One line for each reason, with the lines; skipped, the same is a warning."""
    rows = ['{"problem": "say 1", "answer": "1"}', "{", '{"problem": "p"}', '{"problem": "q"}']
    Path("set.jsonl").write_text("\n".join(rows))
    arguments = ("eval", "set.jsonl", "--strategy", "greedy", "--json", "--out", "o")
    run = command(*arguments)
    assert (run.exit_code, run.stdout) == (2, "")
    first, second, third = run.stderr.splitlines()
    assert first.startswith("tts-async: error: set.jsonl, line 2: not JSON")
    assert second.startswith("tts-async: error: set.jsonl, lines 3, 4: no column 'answer'")
    assert third.endswith("3 bad rows; correct them, or leave them out with skip_bad (--skip-bad)")
    run = command(*arguments, "--skip-bad")
    assert run.exit_code == 0
    assert "tts-async: warning: 3 bad rows are left out" in run.stderr
    assert "tts-async: warning: set.jsonl, lines 3, 4: no column 'answer'" in run.stderr
    assert json.loads(run.stdout)["problems"] == 1


def test_a_split_of_a_file(command: Command) -> None:
    """Is wrong use."""
    Path("set.jsonl").write_text('{"problem": "say 1", "answer": "1"}')
    run = command("eval", "set.jsonl", "--split", "test")
    assert run.exit_code == 2
    assert "split: set.jsonl is one file" in run.stderr
