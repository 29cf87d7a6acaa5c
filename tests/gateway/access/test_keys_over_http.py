"""Keys and limits as clients meet them."""

import asyncio
from typing import Any

import pytest

from tests.gateway.access.over_http import chat, gateway, head
from tests.patience import PATIENCE, until
from tts_async import Solver
from tts_async.gateway.access import KeyLimits, Tenant, new_key
from tts_async.testing import RandomGenerator

KEY, OTHER = new_key(), new_key()


def solver(delay: float = 0.0) -> Solver:
    """On random trees, without a verifier."""
    return Solver(generator=RandomGenerator(delay=delay))


def holder(**limits: Any) -> dict[str, Tenant]:
    """The holder of ``KEY``, within these limits."""
    return {KEY: Tenant(name="alice", limits=KeyLimits(**limits))}


async def test_a_key_opens_the_door() -> None:
    """In either header; all that costs or tells something is behind it."""
    async with gateway(solver(), holder()) as door:
        assert (await door.ask(key=KEY)).status == 200
        assert (await door.ask(headers=[f"x-api-key: {KEY}"])).status == 200
        for path, status in (("/v1/models", 401), ("/health", 200)):
            assert (await door.send(head("GET", "Connection: close", path=path))).status == status


async def test_without_a_key() -> None:
    """In OpenAI's shape, and with the header that HTTP asks for."""
    async with gateway(solver(), holder()) as door:
        answer = await door.ask()
        wrong = await door.ask(key=OTHER)
    assert answer.status == wrong.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.error["code"] == "missing_api_key"
    assert wrong.error["code"] == "invalid_api_key"
    assert wrong.error["type"] == "authentication_error"


async def test_a_body_without_a_key_is_not_waited_for() -> None:
    """However much of it was announced."""
    async with gateway(solver(), holder()) as door:
        async with asyncio.timeout(PATIENCE):
            answer = await door.send(head("POST", "Content-Length: 1000000") + b"{")
    assert answer.status == 401


@pytest.mark.parametrize(
    ("limits", "asked", "code"),
    [
        ({"strategies": frozenset({"dvts"})}, {}, "model_not_allowed"),
        ({"strategies": frozenset({"greedy"})}, {"model": "default"}, "model_not_allowed"),
        (
            {"strategies": frozenset({"greedy"})},
            {"tts": {"strategy": "majority"}},
            "model_not_allowed",
        ),
        ({"max_n": 4}, {"model": "majority-5"}, "n_not_allowed"),
        ({"max_n": 4}, {"model": "majority", "tts": {"n": 5}}, "n_not_allowed"),
    ],
)
async def test_what_the_key_is_not_for(
    limits: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    """Whichever way it is asked for."""
    async with gateway(solver(), holder(**limits)) as door:
        answer = await door.ask(key=KEY, **asked)
    assert (answer.status, answer.error["code"]) == (403, code)
    assert answer.error["type"] == "permission_error"


async def test_the_next_request_of_the_minute() -> None:
    """Is told when to come."""
    async with gateway(solver(), holder(requests_per_minute=2)) as door:
        answers = [await door.ask(key=KEY) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert answers[-1].error["type"] == "rate_limit_error"


async def test_tokens_are_those_really_spent() -> None:
    """Not those that the request could have cost; a key without limits is not concerned."""
    tenants = holder(tokens_per_minute=3000) | {OTHER: Tenant(name="bob")}
    async with gateway(solver(), tenants) as door:
        spent, status = 0, 200
        while status == 200:
            answer = await door.ask(key=KEY, model="majority-8", max_tokens=100)
            status = answer.status
            if status == 200:
                spent += int(answer.body.split(b'"completion_tokens":')[1].split(b",")[0])
        free = await door.ask(key=OTHER, model="majority-8", max_tokens=100)
    assert (status, free.status) == (429, 200)
    assert 3000 - 8 * 100 <= spent <= 4000
    assert int(answer.headers["retry-after"]) >= 1


async def test_so_many_searches_at_a_time() -> None:
    """Places, a line, and no further; when a client goes away its place is free."""
    async with gateway(solver(delay=60), holder(), max_searches=2, max_queued=1) as door:
        clients = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
        for number, (_, client) in enumerate(clients, 1):
            client.write(chat(key=KEY))
            await until(lambda n=number: door.access.running + door.access.waiting == n)
        answer = await door.ask(key=KEY)
        assert (answer.status, answer.error["code"]) == (429, "queue_full")
        clients[0][1].close()
        await until(lambda: door.access.waiting == 0)
        assert door.access.running == 2
        for _, client in clients[1:]:
            client.close()
        await until(lambda: door.access.running == 0)
