"""The command with the model it carries, as a newcomer runs it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

PROBLEM = "(9*12)-(41+66)"


def start(*arguments: str) -> "subprocess.Popen[str]":
    """The command in the background."""
    command = [sys.executable, "-m", "tts_async", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children_of(pid: int) -> list[str]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    if not tasks.exists():
        pytest.skip("needs Linux's /proc")
    return tasks.read_text().split()


def test_solve_with_nothing_configured() -> None:
    """Tree search with the embedded generator and verifier; the same seed, the same result."""
    runs = [start("solve", PROBLEM, "--n", "4", "--json", "--tree") for _ in range(2)]
    first, second = (json.loads(run.communicate(timeout=PATIENCE)[0]) for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert first["strategy"] == "dvts"
    assert first["candidates"]
    assert all(0 <= candidate["score"] <= 1 for candidate in first["candidates"])
    for result in (first, second):
        del result["spend"]
    assert first == second


def test_interrupted_with_both_models_open() -> None:
    """Generator and verifier end with the command, in the middle of their work."""
    process = start("solve", PROBLEM, "--n", "256", "--log-level", "debug")
    assert process.stderr is not None
    while "scoring started" not in process.stderr.readline():
        assert process.poll() is None
    children = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("tts-async: interrupted\n")
    assert "Traceback" not in err
    assert len(children) == 2
    assert not [child for child in children if Path(f"/proc/{child}").exists()]
