"""``tts-async mcp`` as clients meet it: a process on pipes, and a server on loopback."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from tests.generation.fake_server import FakeServer, say
from tests.patience import PATIENCE

SCRIPT = str(Path(__file__).with_name("parrot_command.py"))
NOISY = f"""
import os, runpy, sys
from tests.evaluation.parrot import Parrot
told = Parrot.generate

async def generate(self, request):
    print("a print")
    sys.stdout.flush()
    os.system("echo a child")
    return await told(self, request)

Parrot.generate = generate
sys.argv[0] = {SCRIPT!r}
runpy.run_path({SCRIPT!r}, run_name="__main__")
"""
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "raw", "version": "1"},
    },
}


def stdio(*arguments: str) -> StdioServerParameters:
    """What a client's configuration says."""
    root = str(Path(__file__).parents[2])
    return StdioServerParameters(
        command=sys.executable, args=list(arguments), env={**os.environ, "PYTHONPATH": root}
    )


async def answer(client: Client, **arguments: Any) -> dict[str, Any]:
    """To one problem."""
    result = await client.call_tool("solve", arguments)
    assert isinstance(result.content[0], TextContent)
    assert not result.is_error, result.content[0].text
    assert isinstance(result.structured_content, dict)
    return result.structured_content


async def test_stdio_on_the_embedded_models() -> None:
    """As an assistant starts it: real models, progress, an answer, and a quick end."""
    told: list[float] = []

    async def note(progress: float, _: float | None, __: str | None) -> None:
        told.append(progress)

    async with asyncio.timeout(PATIENCE):
        async with Client(stdio("-m", "tts_async", "mcp")) as client:
            call = {"problem": "3+4*5", "strategy": "dvts", "n": 4, "seed": 0}
            result = await client.call_tool("solve", call, progress_callback=note)
    assert isinstance(result.structured_content, dict)
    assert result.structured_content["answer"] == "23"
    assert told


async def test_whatever_is_printed_stays_out_of_the_messages() -> None:
    """By the process itself and by its children."""
    async with Client(stdio("-c", NOISY, "mcp")) as client:
        assert (await answer(client, problem="say 7", strategy="greedy"))["answer"] == "7"


async def test_a_model_server_that_dies() -> None:
    """Calls fail once it has been away as long as the option says, and no later."""
    async with FakeServer(say(r"So \boxed{2}.")) as server:
        options = ("--base-url", server.base_url, "--verifier", "none", "--outage-seconds", "0.2")
        async with Client(stdio("-m", "tts_async", "mcp", *options)) as client:
            assert (await answer(client, problem="1+1"))["answer"] == "2"
            await server.stop()
            async with asyncio.timeout(PATIENCE):
                result = await client.call_tool("solve", {"problem": "1+1"})
    assert result.is_error


def start(*arguments: str) -> "subprocess.Popen[str]":
    """The command in the background."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, SCRIPT, "mcp", *arguments], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def test_a_signal_ends_it_while_the_client_is_silent() -> None:
    """It does not wait for the next message."""
    process = start()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(INITIALIZE) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "tts-async"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 0
    process.stdin.close()
    assert process.stdout.read() == ""
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()


def test_the_end_of_the_input_ends_it() -> None:
    """With nothing on stdout but messages."""
    process = start()
    out, err = process.communicate(json.dumps(INITIALIZE) + "\nnot json\n", timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in out.splitlines())


async def test_http() -> None:
    """It says where it is, answers, and ends at a signal."""
    process = start("--transport", "http", "--port", "0", "--verifier", "none")
    assert process.stderr is not None
    line = await asyncio.to_thread(process.stderr.readline)
    found = re.fullmatch(r"tts-async: listening on (http://127\.0\.0\.1:\d+/mcp)\n", line)
    assert found, line
    async with Client(found[1]) as client:
        assert (await answer(client, problem="say 7"))["answer"] == "7"
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--transport", "http", "--host", "0.0.0.0"), "host: 0.0.0.0 can be reached from other"),
        (("--generator", "nowhere"), "generator: no such folder: nowhere"),
        (("--log-level", "loud"), "log-level: unknown 'loud'"),
    ],
)
def test_wrong_use_ends_before_anything_is_started(
    command: Any, arguments: tuple[str, ...], message: str
) -> None:
    """With a line that names the option."""
    outcome = command("mcp", *arguments)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"tts-async: error: {message}")
    assert outcome.stdout == ""


def test_a_server_that_is_away_is_an_error_in_a_line() -> None:
    """Of the command, and no traceback."""
    run = subprocess.run(
        [sys.executable, "-m", "tts_async", "mcp", "--base-url", "http://127.0.0.1:9"],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("tts-async: error: http://127.0.0.1:9")
    assert len(run.stderr.splitlines()) == 1
