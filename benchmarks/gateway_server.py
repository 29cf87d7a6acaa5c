"""The gateway with all that ``tts-async serve`` puts into it, and a look at its event loop.

``benchmarks.gateway`` starts it: ``python -m benchmarks.gateway_server KIND [URL]``. It prints its
port, then a line of figures for every line that it is sent, about the time since the one before,
and ends with the pipe. The kinds of machines behind it:

- ``embedded``: the embedded models
- ``http``: a server at ``URL`` that answers at once, and a verifier that does
- ``busy``: 32 sequences at a time, 20 ms for each; what it does for whom goes into a ledger
"""

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.client import InstantVerifier
from tts_async import DVTS, Solver
from tts_async.gateway import GatewaySettings, make_app
from tts_async.gateway.access import AccessControl, KeySources
from tts_async.gateway.live import add_live_page
from tts_async.gateway.serving import serve
from tts_async.generation import VLLMGenerator
from tts_async.observe import configure_logging
from tts_async.observe.hub import EventHub
from tts_async.observe.metrics import make_metrics, metrics_route
from tts_async.testing import RandomGenerator
from tts_async.types.generation import GenerationRequest, Step

SECONDS = 900.0
TICK = 0.005
SEQUENCES, SEQUENCE_SECONDS = 32, 0.02
PERCENT, MILLI, MEBI = 100, 1000, 2**20
ONE = "one"
Source = Callable[[], dict[str, Any]]


@dataclass
class LoopLag:
    """How late the event loop is for a timer, in seconds; one that it misses is late as well."""

    late: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        due = clock() + TICK
        while True:
            await asyncio.sleep(due - clock())
            now = clock()
            while due <= now:
                self.late.append(now - due)
                due += TICK

    def figures(self) -> dict[str, Any]:
        """Since the last time, in milliseconds."""
        late, self.late = self.late or [0.0], []
        p99 = quantiles(late, n=PERCENT, method="inclusive")[-1] if len(late) > 1 else late[0]
        return {"lag_p99_ms": round(p99 * MILLI, 1), "lag_max_ms": round(max(late) * MILLI, 1)}


@dataclass(frozen=True)
class Entry:
    """Work of a machine: when it began, for whom, and how many sequences."""

    begin: float
    tenant: str
    sequences: int


class BusyMachine(RandomGenerator):
    """Random trees that take time, and a ledger."""

    def __init__(self) -> None:
        super().__init__(delay=SEQUENCE_SECONDS, capacity=SEQUENCES)
        self.ledger: list[Entry] = []

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Continuations, when there is room."""
        now = asyncio.get_running_loop().time()
        self.ledger.append(Entry(now, request.problem.tenant, request.n))
        return await super().generate(request)

    def figures(self) -> dict[str, Any]:
        """Of the work begun while the key ``one`` was served, the share that was for it."""
        ledger, self.ledger = self.ledger, []
        served = [entry.begin for entry in ledger if entry.tenant == ONE]
        if not served:
            return {"share_of_one": None}
        meanwhile = [entry for entry in ledger if served[0] <= entry.begin <= served[-1]]
        own = sum(entry.sequences for entry in meanwhile if entry.tenant == ONE)
        return {"share_of_one": round(own / sum(entry.sequences for entry in meanwhile), 3)}


def used() -> dict[str, Any]:
    """Mebibytes in memory now, and seconds of CPU so far; of this process alone (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / MEBI, 2),
        "cpu_s": time.process_time(),
    }


async def run(kind: str, url: str | None) -> None:
    """Print the port, then answer until it is time to go."""
    settings = GatewaySettings()
    hub, metrics, lag = EventHub(), make_metrics(), LoopLag()
    machine = BusyMachine()
    machines: dict[str, Any] = {}
    if kind != "embedded":
        machines["generator"] = machine if url is None else VLLMGenerator(url)
        machines["verifier"] = InstantVerifier()
    solver = Solver(strategy=DVTS(), observers=[hub, metrics], **machines)
    app = make_app(solver, settings, access=AccessControl(settings, KeySources().read()))
    add_live_page(app, hub)
    metrics.watch(solver)
    app.add_routes([metrics_route(metrics)])
    sources: list[Source] = [lag.figures, machine.figures, used]
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as sock:
        port = sock.getsockname()[1]
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(
                serve(app, [sock], when_ready=lambda: print(port, flush=True))
            )
            watching = tasks.create_task(lag.watch())
            await report(sources)
            serving.cancel()
            watching.cancel()


async def report(sources: list[Source]) -> None:
    """A line of figures for each line, until there are no more."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps({k: v for source in sources for k, v in source().items()}), flush=True)


if __name__ == "__main__":
    configure_logging("info")
    asyncio.run(run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))  # noqa: PLR2004
