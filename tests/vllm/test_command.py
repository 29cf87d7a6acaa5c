"""The command as a process, with a real server behind it."""

import json
import subprocess
import sys
from typing import Any

from tests.vllm.servers import BLOCK, MODEL, VLLMServer


def run(*arguments: str) -> Any:
    """What the command prints, as JSON; it has to succeed and to say nothing else."""
    command = [sys.executable, "-m", "tts_async", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_solve(server: VLLMServer) -> None:
    """An answer with its tree, the same twice."""
    arguments = ["solve", "12+(3*4)", "--base-url", server.base_url, "--verifier", "embedded"]
    arguments += ["--strategy", "dvts", "--n", "8", "--max-tokens", "256", "--tree"]
    first, second = run(*arguments), run(*arguments)
    assert first["answer"] is not None
    assert first["stop_reason"] == "finished"
    assert [node["text"] for node in first["tree"]] == [node["text"] for node in second["tree"]]
    assert all(node["token_ids"] for node in first["tree"])


def test_doctor(server: VLLMServer) -> None:
    """Everything that searches need is there, and the server is described."""
    report = run("doctor", "--base-url", server.base_url, "--verifier", "embedded")
    assert report["ok"]
    assert report["problems"] == []
    generator, verifier = report["services"]
    assert (generator["role"], verifier["role"]) == ("generator", "verifier")
    assert generator["kind"] == "vLLM server"
    assert generator["model"] == MODEL
    assert generator["context_length"] == 512
    assert generator["version"]
    [caching] = [f for f in generator["features"] if f["name"] == "prefix caching"]
    assert caching["works"]
    assert caching["detail"] == f"in blocks of {BLOCK} tokens"
