"""A client that goes away takes its search with it, down to the generator's requests."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from tests.gateway.connection import asking
from tests.gateway.served import serving
from tests.patience import until
from tts_async import Solver
from tts_async.testing import RandomGenerator, ScriptedVerifier

Leave = Callable[[asyncio.StreamWriter], None]


def reset(writer: asyncio.StreamWriter) -> None:
    """As a client that is killed."""
    writer.transport.abort()


def close(writer: asyncio.StreamWriter) -> None:
    """As a client that has heard enough."""
    writer.close()


def shut(writer: asyncio.StreamWriter) -> None:
    """Half-closed: nothing more to say, and perhaps still listening; to HTTP it is gone."""
    writer.get_extra_info("socket").shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("leave", [reset, close, shut])
async def test_the_search_is_cancelled(leave: Leave, stream: bool) -> None:
    """Down to the generator's requests; others go on undisturbed."""
    generator = RandomGenerator(delay=3600)
    solver = Solver(generator=generator, verifier=ScriptedVerifier(lambda _: 0.5))
    async with (
        serving(solver, keep_alive_seconds=0.05) as gateway,
        asking(gateway, model="dvts-16", stream=stream) as leaving,
        asking(gateway, model="dvts-16", stream=stream) as staying,
    ):
        await until(lambda: generator.running == 32)
        if stream:
            assert b"200 OK" in await leaving.reader.readline()  # it has begun to answer
        leave(leaving.writer)
        await until(lambda: generator.running == 16)
        statistics = solver.statistics()["generation"]
        assert (statistics.in_use, statistics.queued) == (16, 0)
        reset(staying.writer)
        await until(lambda: generator.running == 0)


async def test_what_waits_for_a_slot_is_cancelled_too() -> None:
    """It leaves the queue."""
    generator = RandomGenerator(delay=3600, capacity=16)
    solver = Solver(generator=generator, verifier=ScriptedVerifier(lambda _: 0.5))
    async with (
        serving(solver) as gateway,
        asking(gateway, model="dvts-16", stream=False) as first,
        asking(gateway, model="dvts-16", stream=False) as second,
    ):
        await until(lambda: solver.statistics()["generation"].queued > 0)
        reset(second.writer)
        await until(lambda: solver.statistics()["generation"].queued == 0)
        assert generator.running == 16
        reset(first.writer)
        await until(lambda: generator.running == 0)


async def test_a_stream_is_cancelled_between_two_words() -> None:
    """While there is nothing to write, the end of the connection is seen all the same."""
    generator = RandomGenerator(delay=lambda request: 3600 if request.steps else 0)
    solver = Solver(generator=generator, verifier=ScriptedVerifier(lambda _: 0.5))
    async with (
        serving(solver) as gateway,
        asking(gateway, model="dvts-16", stream=True) as connection,
    ):
        await until(lambda: generator.calls > 4)
        assert generator.running == 16
        reset(connection.writer)
        await until(lambda: generator.running == 0)
