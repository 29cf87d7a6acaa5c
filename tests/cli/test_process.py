"""The command as a process: start-up, pipes, signals, and what is left behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE, wait_for

SCRIPT = str(Path(__file__).with_name("parrot_command.py"))
ROOT = Path(__file__).parents[2]


def start(*arguments: str, script: tuple[str, ...] = (SCRIPT,)) -> "subprocess.Popen[str]":
    """The command in the background."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *script, *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def wait_for_lines(path: Path, count: int) -> None:
    """Until the file has so many lines."""

    def has_them() -> bool:
        return path.exists() and len(path.read_text().splitlines()) >= count

    wait_for(has_them, f"{count} lines in {path}")


def write_problems(folder: Path) -> tuple[Path, Path]:
    """Two problems that end and one that never does; and where to write."""
    problems = [{"problem": text, "answer": "7"} for text in ("say 7", "say 8", "slow 7")]
    path = folder / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, problems)))
    return path, folder / "out"


def test_version_is_light() -> None:
    """Neither torch nor a plotting or server library is loaded for the command line."""
    code = (
        "import sys; sys.argv[1:] = ['version']\n"
        "from tts_async.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'matplotlib', 'openai', 'aiohttp') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("\n[]\n")


def test_as_a_module(tmp_path: Path) -> None:
    """``python -m tts_async`` is the same command, from any folder."""
    run = subprocess.run(
        [sys.executable, "-m", "tts_async", "eval", "none.jsonl"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("tts-async: error: none.jsonl: no such file")


def test_a_large_problem_through_a_pipe() -> None:
    """A megabyte is no problem for the command itself."""
    process = start("solve", "-", "--strategy", "greedy", "--json")
    out, err = process.communicate("word " * 200_000 + "say 7", timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["answer"] == "7"


def test_a_reader_that_leaves() -> None:
    """A closed pipe is no reason for a traceback."""
    process = start("solve", "say 7", "--strategy", "greedy", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(timeout=PATIENCE)
    process.stdin.close()  # type: ignore[union-attr]
    process.stderr.close()
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("solve - <&-", "problem: the text is empty"),
        ("tree - <&-", "stdin: holds no results"),
        ("version >&-", ""),
    ],
)
def test_a_closed_stream(command: str, said: str) -> None:
    """Nothing comes from it, and what goes there is lost."""
    run = subprocess.run(
        f"{sys.executable} -m tts_async {command}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (run.returncode, run.stdout) == (2 if said else 0, "")
    assert said in run.stderr
    assert run.stderr.count("\n") == bool(said)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_eval_keeps_what_was_finished(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Complete rows, the outcomes of the one that was running, and a line that says where."""
    problems, folder = write_problems(tmp_path)
    process = start("eval", str(problems), "--strategy", "greedy", "--json", "--out", str(folder))
    wait_for_lines(folder / "problems.jsonl", 2)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    hint = f"the same command with --resume --out {folder} goes on"
    kept = f"0 complete rows and all that was drawn are kept in {folder}"
    assert err.splitlines()[-2:] == [
        f"tts-async: ended early; {kept}; {hint}",
        "tts-async: interrupted",
    ]
    results = json.loads((folder / "results.json").read_text())
    assert results["interrupted"]
    assert results["rows"][0]["problems"] == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "journal.sqlite",
        "problems.jsonl",
        "results.json",
    ]


def test_a_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    """Also when closing would take for ever; what comes at once is an echo of the first."""
    hang = tmp_path / "hang.py"
    hang.write_text(
        "import asyncio, signal, sys, types, typer\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from tts_async.cli import running\n"
        "now = 0.0\n"
        "running.time = types.SimpleNamespace(monotonic=lambda: now)\n"
        "async def main():\n"
        "    global now\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "    finally:\n"
        "        signal.raise_signal(signal.SIGINT)\n"
        "        now = 0.5\n"
        "        print('closing', flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "def command():\n"
        "    with running.exit_codes(): running.run_interruptible(main())\n"
        "typer.run(command)\n"
    )
    process = start(script=(str(hang),))
    assert process.stdout is not None
    for line in ("ready\n", "closing\n"):
        assert process.stdout.readline() == line
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130


def test_no_process_stays_behind(tmp_path: Path) -> None:
    """The checker's process ends with the command, also when that is interrupted."""
    problems = tmp_path / "set.jsonl"
    rows = [{"problem": "say 7", "answer": r"\sqrt{49}"}, {"problem": "slow 7", "answer": "7"}]
    problems.write_text("\n".join(map(json.dumps, rows)))
    folder = tmp_path / "out"
    process = start("eval", str(problems), "--strategy", "greedy", "--out", str(folder))
    wait_for_lines(folder / "problems.jsonl", 1)
    children = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert children
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def children_of(pid: int) -> list[str]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    if not tasks.exists():
        pytest.skip("needs Linux's /proc")
    return tasks.read_text().split()
