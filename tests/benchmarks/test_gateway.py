"""The load on the gateway, with few clients: its figures mean what they say."""

import asyncio
import time

import pytest

from benchmarks import gateway
from benchmarks.gateway_server import BusyMachine, Entry, LoopLag
from benchmarks.null_server import null_server


async def test_on_busy_machines_shares_are_fair_and_small_requests_get_through() -> None:
    """Half for each of two keys, however many of one ask; and nobody is told anything wrong."""
    async with gateway.gateway("busy") as server:
        shared = await gateway.fair_share(server, many=40, candidates=128)
        beside = await gateway.small_beside_large(server, requests=3)
        with pytest.raises(RuntimeError, match=r"404: .*there is no 'dvds-16'"):
            await server.ask("1 + 1", "dvds-16", gateway.Tally())
    assert 0.2 < shared["share_of_one"] < 0.8
    assert shared["refused_429"] == 0
    assert beside["beside_p95_ms"] > 0


async def test_on_a_server_without_a_model_everybody_is_answered() -> None:
    """Ten at once, and some more to see the memory."""
    async with null_server() as url, gateway.gateway("http", url) as server:
        crowd = await gateway.crowd(server, "dvts-4", clients=10, rounds=2, **gateway.SHALLOW)
        grown = await gateway.memory(server, requests=40)
    assert (crowd["answered"], crowd["refused_429"]) == (20, 0)
    assert crowd["lag_max_ms"] >= crowd["lag_p99_ms"] >= 0
    assert grown["rss_mb_at_the_end"] > 10


async def test_a_lag_counts_for_every_timer_that_was_missed() -> None:
    """One block of 100 ms makes twenty timers late, the first by all of it."""
    lag = LoopLag()
    watching = asyncio.create_task(lag.watch())
    await asyncio.sleep(0.02)
    before = len(lag.late)
    time.sleep(0.1)  # noqa: ASYNC251 - what a lag is made of
    await asyncio.sleep(0.02)
    watching.cancel()
    assert len(lag.late) - before >= 20
    figures = lag.figures()
    assert 90 < figures["lag_max_ms"] < 60_000
    assert lag.figures() == {"lag_p99_ms": 0.0, "lag_max_ms": 0.0}


async def test_a_share_is_of_the_time_in_which_the_one_was_served() -> None:
    """What was done before and after does not count."""
    machine = BusyMachine()
    work = [(0.0, "many", 99), (1.0, "one", 4), (1.5, "many", 12), (2.0, "one", 4)]
    machine.ledger = [Entry(*entry) for entry in [*work, (3.0, "many", 99)]]
    assert machine.figures() == {"share_of_one": 0.4}
    assert machine.figures() == {"share_of_one": None}
