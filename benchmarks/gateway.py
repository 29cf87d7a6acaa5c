"""The gateway under load: many clients at once, fair shares, small beside large, memory.

``python -m benchmarks.gateway [--json] [--quick]``: about 25 s, with ``--quick`` about 15 s. The
gateway is a process of its own (``benchmarks/gateway_server.py``), the clients are in this one, and
all of it is on the loopback address of one machine, whose cores they share.

Every answer is a 200 or an honest 429, one with ``Retry-After``; anything else ends the benchmark.

- ``embedded``, ``http``: 200 clients at once, on the embedded models, and on a server without a
  model that answers at once (``benchmarks/null_server.py``);
  ``cpu_ms_per_request`` is the gateway's own, without the models
- ``fair_share``: a key has one search for 256 candidates, another key 500 requests at once, on
  machines that are busy. ``share_of_one`` of the work begun meanwhile is for the one; fair is 0.5
- ``small_beside_large``: p95 of a ``greedy`` request of one key, alone and while a search for 256
  candidates of another runs, on the same busy machines
- ``memory``: 5,000 requests on the server without a model, ``mb_per_1000_requests`` of resident
  memory between the first fifth and the end

With each: ``lag_p99_ms`` and ``lag_max_ms``, how late the gateway's event loop was for a timer
every 5 ms; one that it missed was late as well.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import linear_regression, median, quantiles
from tempfile import TemporaryFile
from typing import Any

import aiohttp

from benchmarks.figures import print_figures
from benchmarks.null_server import null_server
from tts_async.gateway.access import KEYS_VARIABLE

KEYS = {"one": "one-" + "1" * 28, "many": "many-" + "2" * 27}
CLIENTS = 200
MANY = 500
IN_FLIGHT = 50
MILLI = 1000
OK, TOO_MANY = 200, 429
SHALLOW: dict[str, Any] = {
    "max_steps": 3
}  # the server without a model never ends an answer by itself


@dataclass
class Tally:
    """What clients were told, and how long they waited for an answer, in seconds."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0

    def figures(self) -> dict[str, Any]:
        """In numbers."""
        return {
            "answered": len(self.seconds),
            "refused_429": self.refused,
            "p50_ms": round(median(self.seconds) * MILLI),
            "p95_ms": round(p95(self.seconds) * MILLI),
        }


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]


class Gateway:
    """A gateway process, from outside."""

    def __init__(
        self, process: asyncio.subprocess.Process, port: int, session: aiohttp.ClientSession
    ) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}/v1/chat/completions"
        self._session = session

    async def ask(
        self, question: str, model: str, tally: Tally, *, key: str = "one", **tts: Any
    ) -> None:
        """One request. Raises ``RuntimeError`` for any answer that should not be."""
        body = {"model": model, "messages": [{"role": "user", "content": question}], "tts": tts}
        headers = {"Authorization": f"Bearer {KEYS[key]}"}
        begin = time.perf_counter()
        async with self._session.post(self._url, json=body, headers=headers) as response:
            text = await response.text()
        if response.status == OK and '"finish_reason":"stop"' in text:
            tally.seconds.append(time.perf_counter() - begin)
        elif response.status == TOO_MANY and int(response.headers["Retry-After"]) > 0:
            tally.refused += 1
        else:
            raise RuntimeError(f"{response.status}: {text[:500]}")

    async def figures(self) -> dict[str, Any]:
        """Of the gateway's inside, since the last time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"\n")
        figures: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return figures


@asynccontextmanager
async def gateway(kind: str, *arguments: str) -> AsyncIterator[Gateway]:
    """Start one, and end it."""
    keys = ",".join(f"{name}={key}" for name, key in KEYS.items())
    with TemporaryFile() as log:  # a line per request
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.gateway_server", kind, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=os.environ | {KEYS_VARIABLE: keys},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = await process.stdout.readline()
            if not port:
                log.seek(0)
                raise RuntimeError(f"the gateway does not start: {log.read().decode()[-2000:]}")
            connector = aiohttp.TCPConnector(limit=0)
            async with aiohttp.ClientSession(connector=connector) as session:
                yield Gateway(process, int(port), session)
        finally:
            process.stdin.close()
            await process.wait()


async def in_turn(jobs: Iterable[Awaitable[None]], workers: int) -> None:
    """Do them all, so many at a time."""
    left = iter(jobs)

    async def work() -> None:
        for job in left:
            await job

    await asyncio.gather(*(work() for _ in range(workers)))


def sums() -> Callable[[int], str]:
    """Different problems that the embedded models know."""
    return lambda number: f"{number % 89 + 10}+({number % 7 + 2}*{number // 89 % 80 + 12})"


async def crowd(server: Gateway, model: str, clients: int, rounds: int, **tts: Any) -> Any:
    """``clients`` at once, each of which asks ``rounds`` times."""
    tally, question = Tally(), sums()
    await server.ask(question(0), model, Tally(), **tts)
    before = await server.figures()
    begin = time.perf_counter()
    jobs = (server.ask(question(i), model, tally, **tts) for i in range(clients * rounds))
    await in_turn(jobs, clients)
    seconds = time.perf_counter() - begin
    inside = await server.figures()
    cpu = (inside["cpu_s"] - before["cpu_s"]) * MILLI
    return {
        "clients": clients,
        **tally.figures(),
        "requests_per_s": round(len(tally.seconds) / seconds, 1),
        "cpu_ms_per_request": round(cpu / len(tally.seconds), 2),
        **lag_of(inside),
    }


async def fair_share(server: Gateway, many: int, candidates: int) -> Any:
    """One search of one key, while the other key asks as often as it can."""
    of_many, of_one = Tally(), Tally()
    await server.figures()
    crowd = [
        asyncio.create_task(server.ask(f"many {i}", "dvts-16", of_many, key="many"))
        for i in range(many)
    ]
    await asyncio.sleep(1.0)  # until those that there is room for are well under way
    await server.ask("one", f"dvts-{candidates}", of_one, key="one")
    inside = await server.figures()
    for task in crowd:
        task.cancel()
    await asyncio.wait(crowd)
    failed = [t.exception() for t in crowd if not t.cancelled() and t.exception() is not None]
    if failed:
        raise failed[0] or RuntimeError
    return {
        "requests_of_many": many,
        "refused_429": of_many.refused,
        "share_of_one": inside["share_of_one"],
        **lag_of(inside),
    }


async def small_beside_large(server: Gateway, requests: int) -> Any:
    """The same small requests one by one, alone and in company."""
    alone, beside, large = Tally(), Tally(), Tally()
    await asyncio.sleep(1.0)  # for what was before to be over
    for i in range(requests):
        await server.ask(f"small {i}", "greedy", alone)
    await server.figures()

    async def keep_asking() -> None:
        while True:
            await server.ask("large", "dvts-256", large, key="many")

    company = asyncio.create_task(keep_asking())
    await asyncio.sleep(0.3)
    for i in range(requests):
        await server.ask(f"small {i}", "greedy", beside)
    company.cancel()
    await asyncio.wait([company])
    return {
        "requests": requests,
        "alone_p95_ms": alone.figures()["p95_ms"],
        "beside_p95_ms": beside.figures()["p95_ms"],
        **lag_of(await server.figures()),
    }


async def memory(server: Gateway, requests: int) -> Any:
    """Resident memory after each twentieth of the requests; the first fifth warms up."""
    tally, portion, seen = Tally(), requests // 20, []
    for start in range(0, requests, portion):
        numbers = range(start, start + portion)
        jobs = (server.ask(f"problem {i}", "dvts-4", tally, **SHALLOW) for i in numbers)
        await in_turn(jobs, IN_FLIGHT)
        inside = await server.figures()
        seen.append((start + portion, inside["rss_mb"]))
    counts, sizes = zip(*seen[4:], strict=True)
    slope, _ = linear_regression(counts, sizes)
    return {
        "requests": requests,
        "rss_mb_after_a_fifth": sizes[0],
        "rss_mb_at_the_end": sizes[-1],
        "mb_per_1000_requests": round(slope * 1000, 3),
    }


def lag_of(inside: dict[str, Any]) -> dict[str, float]:
    """The lag alone."""
    return {name: value for name, value in inside.items() if name.startswith("lag_")}


async def measure(*, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark."""
    figures: dict[str, Any] = {"load_average_before": os.getloadavg()[0]}
    async with gateway("embedded") as server:
        figures["embedded"] = await crowd(server, "beam-4", CLIENTS, 1 if quick else 5)
    async with null_server() as url, gateway("http", url) as server:
        figures["http"] = await crowd(server, "dvts-4", CLIENTS, 2 if quick else 10, **SHALLOW)
        figures["memory"] = await memory(server, 600 if quick else 5_000)
    async with gateway("busy") as server:
        figures["fair_share"] = await fair_share(server, MANY, 256)
        figures["small_beside_large"] = await small_beside_large(server, 20 if quick else 100)
    return figures | {"load_average_after": os.getloadavg()[0]}


if __name__ == "__main__":
    print_figures(measure, __doc__, "fewer requests")
