"""The serving process and its signals: a graceful end, a forced one, and new keys."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.patience import PATIENCE
from tts_async.gateway.access import add_to_file, new_key

SCRIPT = Path(__file__).with_name("served_command.py")
NEVER = Path("a file that nobody makes")


class Command:
    """``tts-async serve``, running.

    ``log`` grows as it is read; ``streaming`` is set when a stream has begun.
    """

    def __init__(self, process: Process, session: aiohttp.ClientSession) -> None:
        self.process = process
        self.session = session
        self.log: list[str] = []
        self.url = ""
        self.streaming = asyncio.Event()

    async def read_until(self, word: str) -> str:
        """The first new line of the log with a word in it."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE):
            while line := (await self.process.stderr.readline()).decode():
                self.log.append(line)
                if word in line:
                    return line
        pytest.fail(f"no {word!r} in {self.log}")

    async def end(self) -> int:
        """The exit code; what is left of the log is read."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE):
            self.log += (await self.process.stderr.read()).decode().splitlines()
            return await self.process.wait()

    async def ask(self, gate: Path, key: str, *, stream: bool = False) -> tuple[int, Any]:
        """A search that waits for a file; the events where it streams."""
        body = {
            "model": "greedy",
            "messages": [{"role": "user", "content": str(gate)}],
            "stream": stream,
        }
        async with self.session.post(
            f"{self.url}/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"}
        ) as response:
            if not stream:
                return response.status, await response.json()
            self.streaming.set()
            lines = (await response.text()).splitlines()
            return response.status, [line[6:] for line in lines if line.startswith("data: ")]

    async def searches(self, count: int) -> None:
        """Wait until so many more have started."""
        for _ in range(count):
            await self.read_until("search started")


@asynccontextmanager
async def command(keys: Path, *options: str) -> AsyncIterator[Command]:
    """The command with this file of keys; killed in the end where it still lives."""
    arguments = ["serve", "--port", "0", "--keys", str(keys), "--log-level", "info", *options]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *arguments, "--keep-alive", "0.1", "--log-json", stderr=PIPE
    )
    async with aiohttp.ClientSession() as session:
        running = Command(process, session)
        try:
            line = await running.read_until("listening on")
            running.url = line.split("listening on ")[1].split("/v1")[0]
            yield running
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, str]:
    """A file with one key, and the key."""
    path, key = tmp_path / "keys.toml", new_key()
    add_to_file(path, "alice", key)
    return path, key


async def test_what_runs_may_finish(keys: tuple[Path, str]) -> None:
    """What waits is sent away, what is new too, and the process ends well."""
    path, key = keys
    gate = path.with_name("gate")
    async with command(path, "--max-searches", "2", "--drain", str(PATIENCE)) as gateway:
        whole = asyncio.create_task(gateway.ask(gate, key))
        stream = asyncio.create_task(gateway.ask(gate, key, stream=True))
        await gateway.searches(2)
        waiting = asyncio.create_task(gateway.ask(gate, key))
        async with gateway.session.get(f"{gateway.url}/ready") as ready:
            assert ready.status == 200
        gateway.process.send_signal(signal.SIGTERM)
        await gateway.read_until("stopping")
        status, body = await waiting
        assert (status, body["error"]["code"]) == (503, "shutting_down")
        async with gateway.session.get(f"{gateway.url}/ready") as ready:
            assert ready.status == 503
        assert (await gateway.ask(gate, key))[0] == 503
        gate.touch()
        assert (await whole)[0] == 200
        status, events = await stream
        assert (status, events[-1]) == (200, "[DONE]")
        assert "boxed" in json.loads(events[-3])["choices"][0]["delta"]["content"]
        assert await gateway.end() == 0
    assert key not in "".join(gateway.log)


async def test_what_takes_too_long_is_told(keys: tuple[Path, str]) -> None:
    """A stream by an event, the others by a status."""
    path, key = keys
    async with command(path, "--drain", "0.2") as gateway:
        whole = asyncio.create_task(gateway.ask(NEVER, key))
        stream = asyncio.create_task(gateway.ask(NEVER, key, stream=True))
        await gateway.searches(2)
        await gateway.streaming.wait()  # with a sign of life
        gateway.process.send_signal(signal.SIGTERM)
        status, body = await whole
        assert (status, body["error"]["code"]) == (503, "shutting_down")
        status, events = await stream
        assert status == 200
        assert "shutting_down" in "".join(events)
        assert await gateway.end() == 0
    requests = [json.loads(line) for line in gateway.log if '"event": "request"' in line]
    codes = sorted((line["status"], line["error"]) for line in requests if "error" in line)
    assert codes == [(200, "shutting_down"), (503, "shutting_down")]


async def test_a_second_signal_does_not_wait(keys: tuple[Path, str]) -> None:
    """It is not the echo of the first."""
    path, key = keys
    async with command(path) as gateway:
        whole = asyncio.create_task(gateway.ask(NEVER, key))
        await gateway.searches(1)
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.send_signal(signal.SIGTERM)
        await gateway.read_until("stopping")
        await asyncio.sleep(0.5)
        assert not whole.done()
        gateway.process.send_signal(signal.SIGINT)
        status, body = await whole
        assert (status, body["error"]["code"]) == (503, "shutting_down")
        assert await gateway.end() == 0


async def test_metrics_want_a_key(keys: tuple[Path, str]) -> None:
    """As everything does that tells something; only whether it lives is for everybody."""
    path, key = keys
    async with command(path) as gateway:
        for page, headers, status in (
            ("metrics", {}, 401),
            ("metrics", {"Authorization": f"Bearer {key}"}, 200),
            ("ready", {}, 200),
            ("health", {}, 200),
        ):
            async with gateway.session.get(f"{gateway.url}/{page}", headers=headers) as response:
                assert response.status == status, page


async def test_new_keys_without_a_restart(keys: tuple[Path, str]) -> None:
    """A file that is no good changes nothing."""
    path, key = keys
    second = new_key()
    async with command(path) as gateway:
        assert (await gateway.ask(path, second))[0] == 401
        await asyncio.to_thread(add_to_file, path, "bob", second)
        gateway.process.send_signal(signal.SIGHUP)
        await gateway.read_until("keys read again")
        assert (await gateway.ask(path, second))[0] == 200
        path.write_text("[keys.alice")
        gateway.process.send_signal(signal.SIGHUP)
        line = await gateway.read_until("the keys are as they were")
        assert "keys.toml" in line
        assert (await gateway.ask(path, key))[0] == 200
        gateway.process.send_signal(signal.SIGTERM)
        assert await gateway.end() == 0
    log = "".join(gateway.log)
    assert key not in log
    assert second not in log
    assert '"key": "bob"' in log
