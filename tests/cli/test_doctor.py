"""``tts-async doctor``: exit codes and both kinds of output."""

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.generation.fake_server import OPENAI, FakeServer
from tts_async.cli.app import app


async def doctor(*arguments: str) -> Any:
    """The command in a thread, while the fake server answers in this one."""
    return await asyncio.to_thread(
        CliRunner().invoke, app, ["doctor", *arguments], catch_exceptions=False
    )


async def test_fine() -> None:
    """0; what it is and what works, for people."""
    async with FakeServer() as server:
        run = await doctor("--base-url", server.base_url)
    assert (run.exit_code, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert lines[0] == f"generator: vLLM server 0.32.0   {server.base_url}"
    assert lines[1] == "  model tiny · context 4,096 tokens · capacity 512 sequences"
    assert lines[2].startswith("  ✓ token ids: ")
    assert lines[-1] == "Everything that searches need is there."
    assert "\x1b" not in run.stdout


async def test_json() -> None:
    """One object and nothing else."""
    async with FakeServer() as server:
        run = await doctor("--base-url", server.base_url, "--json")
    data = json.loads(run.stdout)
    assert (run.exit_code, run.stdout.count("\n"), data["ok"]) == (0, 1, True)
    assert data["services"][0]["model"] == "tiny"


async def test_something_is_missing() -> None:
    """1, and the line says what to do."""
    async with FakeServer(extras=OPENAI) as server:
        run = await doctor("--base-url", server.base_url)
    assert run.exit_code == 1
    assert "  ✗ steps: the server is not known to continue an answer\n    use greedy" in run.stdout
    assert run.stdout.endswith("Something is missing; see the lines marked ✗.\n")


async def test_nobody_there() -> None:
    """1; the report is printed all the same."""
    run = await doctor("--base-url", "http://127.0.0.1:1", "--json")
    data = json.loads(run.stdout)
    assert (run.exit_code, data["ok"]) == (1, False)
    assert "start the server" in data["problems"][0]


async def test_several_servers() -> None:
    """Separated by commas, or the option repeated."""
    async with FakeServer() as one, FakeServer() as two:
        for arguments in (
            ("--base-url", f"{one.base_url}, {two.base_url}"),
            ("--base-url", one.base_url, "--base-url", two.base_url),
        ):
            run = await doctor(*arguments, "--json")
            services = json.loads(run.stdout)["services"]
            assert (run.exit_code, [s["where"] for s in services]) == (
                0,
                [one.base_url, two.base_url],
            )
        await two.stop()
        run = await doctor("--base-url", f"{one.base_url},{two.base_url}")
        assert run.exit_code == 1
        assert f"generator: VLLMGenerator   {two.base_url}" in run.stdout
        assert f"  ✗ {two.base_url}/models: cannot connect" in run.stdout


async def test_wrong_use() -> None:
    """2 and one line on stderr."""
    async with FakeServer() as server:
        twice = f"{server.base_url},{server.base_url}"
        for arguments, message in (
            (("--base-url", "nonsense"), "is not an http(s) URL"),
            (("--base-url", ","), "base-url: it is empty"),
            (("--base-url", twice), "is given twice"),
            (("--base-url", server.base_url, "--model", "m"), "it serves 'tiny'"),
            (("--model", "m"), "give its --base-url too"),
        ):
            run = await doctor(*arguments)
            assert (run.exit_code, run.stdout) == (2, "")
            assert message in run.stderr
            assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("password", ["hunter22hunter22"])
async def test_no_secret_is_shown(password: str) -> None:
    """Neither a key nor a password in a URL, dead or alive."""
    async with FakeServer() as server:
        host = server.base_url.removeprefix("http://")
        for url in (f"http://me:{password}@{host}", f"http://me:{password}@127.0.0.1:1"):
            for extra in ((), ("--json",)):
                run = await doctor("--base-url", url, "--api-key", password, *extra)
                assert password not in run.stdout + run.stderr
