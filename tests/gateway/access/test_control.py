"""Keys at the door, fair shares, and the end, in virtual time."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tts_async import Greedy, Majority, Problem, Solver
from tts_async.gateway import GatewayError, GatewaySettings
from tts_async.gateway.access import (
    AccessControl,
    KeyLimits,
    KeyRing,
    KeySources,
    Tenant,
    new_key,
    reload_keys,
)
from tts_async.gateway.access.secret import digest_of
from tts_async.testing import RandomGenerator, run_virtual

ALICE, BOB, FORMER = new_key(), new_key(), new_key()
A, B = Tenant(name="alice"), Tenant(name="bob")
RING = KeyRing(
    [
        (digest_of(ALICE), A),
        (digest_of(BOB), B),
        (digest_of(FORMER), Tenant(name="former", disabled=True)),
    ]
)


def control(keys: KeyRing | None = RING, **settings: Any) -> AccessControl:
    """A door with these keys."""
    return AccessControl(GatewaySettings(**settings), keys)


def request(**headers: str) -> web.Request:
    """With these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers={"Host": "localhost", **named})


async def test_keys_are_known_in_both_headers() -> None:
    """As OpenAI's clients send them, and as others do."""
    door = control()
    for headers in (
        {"Authorization": f"Bearer {ALICE}"},
        {"Authorization": f"bearer  {ALICE} "},
        {"x_api_key": ALICE},
        {"Authorization": f"Bearer {ALICE}", "x_api_key": "another"},
    ):
        assert door.authenticate(request(**headers)) is A
    assert door.authenticate(request(x_api_key=BOB)) is B


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "missing_api_key"),
        ({"x_api_key": ""}, 401, "missing_api_key"),
        ({"Authorization": "Bearer"}, 401, "missing_api_key"),
        ({"Authorization": f"Bearer {ALICE}x"}, 401, "invalid_api_key"),
        ({"Authorization": f"Bearer {ALICE[:-1]}"}, 401, "invalid_api_key"),
        ({"Authorization": f"Bearer {digest_of(ALICE).hex()}"}, 401, "invalid_api_key"),
        ({"Authorization": f"Basic {ALICE}"}, 401, "invalid_api_key"),
        ({"Authorization": ALICE}, 401, "invalid_api_key"),
        ({"x_api_key": "\u20ac" * 1000}, 401, "invalid_api_key"),
        ({"x_api_key": FORMER}, 403, "key_disabled"),
    ],
)
async def test_what_is_no_key(headers: dict[str, str], status: int, code: str) -> None:
    """Refused in words that do not repeat it."""
    with pytest.raises(GatewayError) as raised:
        control().authenticate(request(**headers))
    assert (raised.value.status, raised.value.code) == (status, code)
    assert ALICE[:20] not in raised.value.message


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("localhost:8080", True),
        ("127.0.0.1:8080", True),
        ("127.8.9.10", True),
        ("[::1]:8080", True),
        ("[::ffff:127.0.0.1]", True),
        ("tool.localhost", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.0.7:8080", False),
        ("0.0.0.0", False),
    ],
)
async def test_without_keys_only_this_machine_may_ask(host: str, own: bool) -> None:
    """A web page whose name was made to lead here may not."""
    ask = make_mocked_request("GET", "/", headers={"Host": host})
    if own:
        assert control(None).authenticate(ask).name == ""
        return
    with pytest.raises(GatewayError) as raised:
        control(None).authenticate(ask)
    assert raised.value.code == "host_not_allowed"
    assert control().authenticate(request(x_api_key=ALICE, Host=host)) is A


def test_what_a_key_is_for() -> None:
    """By strategy and number of candidates."""
    limits = KeyLimits(max_n=16, strategies=frozenset({"dvts", "greedy"}))
    tenant = Tenant(name="alice", limits=limits)
    tenant.permit("dvts", 16)
    for strategy, n, code in (
        ("majority", 4, "model_not_allowed"),
        ("dvts", 17, "n_not_allowed"),
    ):
        with pytest.raises(GatewayError) as raised:
            tenant.permit(strategy, n)
        assert (raised.value.status, raised.value.code) == (403, code)
    A.permit("anything", 10**6)


def test_a_limit_is_held_and_given_back() -> None:
    """Also when the search fails, and when its client goes away in line."""
    tenant = Tenant(name="alice", limits=KeyLimits(searches=1))
    door = control(max_searches=1)

    async def search(seconds: float) -> None:
        async with door.admit(tenant, 100) as admission:
            await asyncio.sleep(seconds)
            admission.spent(10)

    async def main() -> None:
        first = asyncio.create_task(search(10))
        await asyncio.sleep(1)
        with pytest.raises(GatewayError, match="1 searches at a time"):
            await search(1)
        first.cancel()
        await asyncio.wait([first])
        with pytest.raises(ZeroDivisionError):
            async with door.admit(tenant, 100):
                raise ZeroDivisionError
        async with door.admit(B, 1):
            waiting = asyncio.create_task(search(1))
            await asyncio.sleep(1)
            assert (door.running, door.waiting) == (1, 1)
            waiting.cancel()
            await asyncio.wait([waiting])
        assert (door.running, door.waiting) == (0, 0)
        await search(1)

    run_virtual(main())


def test_a_new_ring_takes_effect_at_once() -> None:
    """What was used is remembered under the name."""
    limited = Tenant(name="alice", limits=KeyLimits(requests_per_minute=1))
    door = control(KeyRing([(digest_of(ALICE), limited)]))

    async def main() -> None:
        async with door.admit(door.holder_of(ALICE), 1):
            door.replace_keys(KeyRing([(digest_of(BOB), limited)]))
        with pytest.raises(GatewayError, match="does not know"):
            door.holder_of(ALICE)
        with pytest.raises(GatewayError, match="1 requests per minute"):
            async with door.admit(door.holder_of(BOB), 1):
                pass

    run_virtual(main())


def test_one_request_beside_five_hundred() -> None:
    """Of another key: it takes little longer than alone, on machines that are full."""

    async def seconds_of_one(crowd: int) -> float:
        door = control(max_searches=64, max_queued=512)
        generator = RandomGenerator(delay=1.0, capacity=8)
        clock = asyncio.get_running_loop().time
        async with Solver(generator=generator) as solver:

            async def ask(tenant: Tenant, i: int) -> float:
                began = clock()
                async with door.admit(tenant, 100):
                    problem = Problem(f"{tenant.name} {i}", tenant=tenant.name)
                    await solver.solve(problem, strategy=Majority(n=4))
                return clock() - began

            many = [asyncio.create_task(ask(A, i)) for i in range(crowd)]
            await asyncio.sleep(10.5)
            one = await ask(B, 0)
            for task in many:
                task.cancel()
            await asyncio.gather(*many, return_exceptions=True)
        return one

    alone = run_virtual(seconds_of_one(0))
    beside = run_virtual(seconds_of_one(500))
    assert beside <= 2.5 * alone


def test_two_busy_keys_get_the_same() -> None:
    """Within a tenth, although one asks for more than twice as much, and first."""

    async def main() -> dict[str, int]:
        done = {"alice": 0, "bob": 0}
        door = control(max_searches=32, max_queued=512)
        async with Solver(generator=RandomGenerator(delay=1.0, capacity=16)) as solver:

            async def ask(tenant: Tenant, i: int) -> None:
                async with door.admit(tenant, 100):
                    problem = Problem(f"{tenant.name} {i}", tenant=tenant.name)
                    await solver.solve(problem, strategy=Greedy())
                done[tenant.name] += 1

            tasks = [asyncio.create_task(ask(A, i)) for i in range(500)]
            tasks += [asyncio.create_task(ask(B, i)) for i in range(200)]
            await asyncio.sleep(3.5)  # the first ones have had the machines to themselves
            done.update(alice=0, bob=0)
            await asyncio.sleep(20)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return done

    done = run_virtual(main())
    assert done["alice"] + done["bob"] == 320
    assert done["bob"] == pytest.approx(done["alice"], rel=0.1)


def end_in(state: str, act: Callable[[AccessControl], object]) -> GatewayError | None:
    """How a search that is ``state`` when the door does this ends; ``None``: well."""

    async def main() -> GatewayError | None:
        door = control(max_searches=1)

        async def search() -> GatewayError | None:
            try:
                async with door.admit(A, 100):
                    await asyncio.sleep(10)
            except GatewayError as error:
                return error
            return None

        if state == "late":
            act(door)
            return await search()
        running = asyncio.create_task(search())
        waiting = asyncio.create_task(search())
        await asyncio.sleep(1)
        act(door)
        how = [await running, await waiting]
        await door.ended()
        return how[state == "waiting"]

    return run_virtual(main())


@pytest.mark.parametrize("state", ["waiting", "late"])
def test_a_closed_door_refuses_what_does_not_run_yet(state: str) -> None:
    """It may come again, to the next gateway."""
    error = end_in(state, AccessControl.close)
    assert error is not None
    assert (error.status, error.code, error.retry_after) == (503, "shutting_down", 5.0)


def test_a_closed_door_leaves_what_runs_alone() -> None:
    """Until it is stopped, and then it is told."""
    assert end_in("running", AccessControl.close) is None
    error = end_in("running", AccessControl.stop_searches)
    assert error is not None
    assert error.code == "shutting_down"


def test_a_time_out_inside_is_not_ours() -> None:
    """It is passed on as what it is."""

    async def main() -> None:
        async with control().admit(A, 100), asyncio.timeout(1):
            await asyncio.sleep(2)

    with pytest.raises(TimeoutError):
        run_virtual(main())


def test_a_stop_reaches_what_was_just_let_in() -> None:
    """It has its turn, and does not know of it yet."""

    async def main() -> None:
        door = control(max_searches=1)

        async def search() -> None:
            async with door.admit(A, 100):
                await asyncio.sleep(3600)

        async with door.admit(A, 100):
            next_one = asyncio.create_task(search())
            await asyncio.sleep(1)
        door.stop_searches()
        async with asyncio.timeout(60):
            with pytest.raises(GatewayError, match="shutting down"):
                await next_one

    run_virtual(main())


def test_what_never_ran_is_no_request_of_the_minute() -> None:
    """Sent away because the line was full, or gone before its turn."""
    tenant = Tenant(name="alice", limits=KeyLimits(requests_per_minute=1))
    door = control(max_searches=1, max_queued=0)

    async def main() -> None:
        async with door.admit(B, 1):
            with pytest.raises(GatewayError, match="the whole line"):
                async with door.admit(tenant, 1):
                    pass
        async with door.admit(tenant, 1):
            pass
        with pytest.raises(GatewayError, match="1 requests per minute"):
            async with door.admit(tenant, 1):
                pass

    run_virtual(main())


async def test_a_gateway_without_keys_stays_open() -> None:
    """SIGHUP finds no keys there, which is no reason to lock everybody out."""
    door = control(None)
    await reload_keys(door, KeySources(None, {}))
    assert door.authenticate(request()).name == ""
