"""``tts-async report`` redraws what ``eval`` left, or says why not."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.example_results import results, row

Command = Callable[..., Any]
FEW = results(row("dvts", 4, 0.5, by_level={}, by_subject={}), occupancy=None)


def test_writes_beside_the_results(command: Command, tmp_path: Path) -> None:
    """And prints where; a reference becomes a line."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "results.json").write_text(json.dumps(FEW))
    outcome = command("report", "run", "--reference", "larger=0.75")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout.splitlines()[:2] == ["run/report.md", "run/report.html"]
    assert "larger" in (tmp_path / "run" / "pictures" / "accuracy.svg").read_text()


def test_writes_where_it_is_told(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the file itself; without matplotlib it says so and goes on."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    (tmp_path / "mine.json").write_text(json.dumps(FEW))
    outcome = command("report", "mine.json", "--out", "elsewhere")
    assert outcome.exit_code == 0
    assert outcome.stdout.split() == ["elsewhere/report.md", "elsewhere/report.html"]
    assert "pip install 'tts-async[plot]'" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("{", "cannot be read as JSON"),
        ('{"schema": 1}', "schema 1, and only 2 is understood"),
    ],
)
def test_wrong_use_is_one_line(
    command: Command, tmp_path: Path, content: str | None, message: str
) -> None:
    """With exit code 2, and nothing is written."""
    if content is not None:
        (tmp_path / "results.json").write_text(content)
    outcome = command("report", "results.json")
    assert outcome.exit_code == 2
    assert message in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "report.md").exists()
