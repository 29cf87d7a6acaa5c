"""The gateway before a vLLM server: what arrives there, and what comes back."""

import pytest

from tests.gateway.connection import asking
from tests.gateway.served import serving
from tests.generation.fake_server import Delay, FakeServer, write_answer
from tts_async import Solver
from tts_async.types.problem import Problem


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_closes_the_requests_to_the_server(stream: bool) -> None:
    """Which aborts them inside vLLM."""
    async with FakeServer() as server, serving(Solver(base_url=server.base_url)) as gateway:
        server.always = Delay()
        async with asking(gateway, model="majority-8", stream=stream) as connection:
            await server.until_running(1)
            connection.writer.transport.abort()
            await server.until_running(0)


async def test_the_prompt_is_counted_exactly() -> None:
    """By the server's own template, which was asked for it anyway."""
    async with FakeServer(write_answer) as server:
        solver = Solver(base_url=server.base_url)
        async with serving(solver) as gateway:
            server.requests.clear()
            status, body = await gateway.ask("majority-2", question="12 + 30")
    assert status == 200
    prompts = [body["prompt"] for body in server.bodies("/v1/completions")]
    assert body["usage"]["prompt_tokens"] == len(prompts[0])
    assert len(server.bodies("/tokenize")) == 1
    assert solver.prompt_tokens(Problem("never asked")) is None


async def test_the_prompt_is_counted_by_the_replica_that_read_it() -> None:
    """Whichever it was."""
    async with FakeServer(write_answer) as one, FakeServer(write_answer) as two:
        async with serving(Solver(base_url=[one.base_url, two.base_url])) as gateway:
            _, body = await gateway.ask("majority-2", question="12 + 30")
        prompts = [b["prompt"] for s in (one, two) for b in s.bodies("/v1/completions")]
    assert body["usage"]["prompt_tokens"] == len(prompts[0])
