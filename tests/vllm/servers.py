"""Real vLLM servers as child processes: on ports of their own, logged, and gone when we are."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import aiohttp

from tests.patience import PATIENCE

MODEL = "tiny"
BLOCK = 32  # tokens; the smallest that the CPU build takes, and its default is a whole answer
CAPACITY = 64
START_SECONDS = 300.0  # 30 on two idle cores
STOP_SECONDS = 30.0

ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    # Several servers share this machine: left alone, each binds itself to the same core.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
}
OPTIONS = (
    *("--host", "127.0.0.1"),
    *("--served-model-name", MODEL),
    *("--max-num-seqs", str(CAPACITY)),
    *("--block-size", str(BLOCK)),
    *("--kv-cache-memory-bytes", str(2**27)),
    *("--generation-config", "vllm"),
    *("--dtype", "float32"),
    # Compiling takes longer than it saves here.
    "--enforce-eager",
    # vLLM 0.32 dies of a chunked prompt with a seed on a CPU ("Generator does not use offset").
    "--no-enable-chunked-prefill",
)

# Its input ends when this process does, however that ends. Then the server is asked to leave, and
# is made to a little later. When the server ends by itself, so does everything it has started.
GUARD = """
exec 3<&0
"$@" 3<&- &
server=$!
{ cat <&3; kill "$server"; sleep 15; kill -KILL 0; } &
wait "$server"
kill -KILL 0
"""


class VLLMServer:
    """One server: ``start`` returns at once, ``wait_until_ready`` when it answers.

    It keeps its port, so one that was killed comes back where it was. ``python`` is an interpreter
    that has vLLM; the log of every start is appended to ``logs/<name>.log``. ``options`` are
    further ones of its command line.
    """

    def __init__(
        self, name: str, model: Path, python: str, logs: Path, options: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.model = model
        self.port = _free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log = logs / f"{name}.log"
        self._command = [python, "-m", "vllm.entrypoints.openai.api_server"]
        self._command += ["--model", str(model), "--port", str(self.port), *OPTIONS, *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether its process lives, ready or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it unless it runs."""
        if self.running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", GUARD, "sh", *self._command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when it answers; raises ``RuntimeError`` with its last words when it will not."""
        began = time.monotonic()
        while not self._answers():
            if not self.running:
                raise RuntimeError(f"the server {self.name} ended; {self._last_words()}")
            if time.monotonic() - began > START_SECONDS:
                raise RuntimeError(f"the server {self.name} does not answer; {self._last_words()}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it and all its processes without a word, as a lost host does."""
        if self._process is not None and self.running:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self.begin_to_stop()  # there is nobody left to tell, but the pipe is open

    def begin_to_stop(self) -> None:
        """Tell it to end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def stop(self) -> None:
        """End it and return when it has ended."""
        self.begin_to_stop()
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    async def metric(self, name: str) -> float:
        """The value of ``vllm:<name>``, summed over its labels."""
        text = await self._metrics()
        values = re.findall(rf"^vllm:{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE)
        return sum(map(float, values))

    async def label(self, name: str, label: str) -> str:
        """One label of ``vllm:<name>``."""
        text = await self._metrics()
        found = re.search(rf'^vllm:{name}\{{.*\b{label}="([^"]*)"', text, re.MULTILINE)
        assert found, f"no label {label} of {name}"
        return found[1]

    async def requests_in_hand(self) -> float:
        """Sequences that it works on or that wait for it."""
        return await self.metric("num_requests_running") + await self.metric("num_requests_waiting")

    async def until_idle(self) -> None:
        """Return when it works on nothing; fails when that takes more than some seconds."""
        await eventually(self._is_idle)

    def connections(self) -> int:
        """Established connections to it from this machine, as their client side sees them."""
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(row[2].endswith(f":{self.port:04X}") and row[3] == "01" for row in rows)

    async def _is_idle(self) -> bool:
        return await self.requests_in_hand() == 0

    async def _metrics(self) -> str:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.base_url}/metrics") as response,
        ):
            return await response.text()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/health", timeout=5):
                return True
        except OSError:
            return False

    def _last_words(self) -> str:
        return f"{self.log} ends with:\n" + "\n".join(self.log.read_text().splitlines()[-20:])


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Return when ``await condition()`` is true; raises ``TimeoutError`` when it never is."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - another process knows of no events
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
