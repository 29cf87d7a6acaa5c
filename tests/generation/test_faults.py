"""Searches through a proxy that breaks their requests: the same trees, or an error of ours.

A failed request is asked again with the same seed, so whatever passes leaves no trace in a result.
What does not pass ends the search it happened to, and no other.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from tests.generation.fake_server import OPENAI, VLLM, FakeServer, decode, write_answer
from tests.generation.replica_servers import outcome, solver_on
from tts_async import DVTS, BeamSearch, BestOfN, Majority, Result
from tts_async.errors import (
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation import (
    OpenAIGenerator,
    ReplicatedGenerator,
    RetryPolicy,
    VLLMGenerator,
)
from tts_async.strategies import Strategy
from tts_async.testing import FaultProxy, ProxiedRequest, RandomFaults, faults
from tts_async.testing.faults import Body, Delay, Drop, Put, Reset, SlowHeaders, Status, Truncated

Outcomes = list[dict[str, Any]]

PATIENT = RetryPolicy(attempts=60, malformed_attempts=60, first_wait=0.001, longest_wait=0.002)
HASTY = RetryPolicy(attempts=2, malformed_attempts=2, first_wait=0.001, longest_wait=0.002)
TIMEOUT = 0.5  # seconds; only a server that announces more than it sends is waited for that long

PROBLEMS = [f"What is {i}+{i}?" for i in range(3)]
MANY_PROBLEMS = [f"What is {i}-{i}?" for i in range(12)]
ALL_KINDS: list[Strategy] = [DVTS(8), BeamSearch(4), BestOfN(4)]
FIRST, LAST = ("choices", 0), ("choices", -1)


async def deep(exchange: faults.Exchange) -> web.Response:
    """JSON that is deeper than a parser can go."""
    return web.Response(body=b"[" * 200_000, content_type="application/json")


async def deep_error(exchange: faults.Exchange) -> web.Response:
    """The same, as what a server says about its trouble."""
    return web.Response(status=500, body=b"[" * 200_000, content_type="application/json")


ANY_SERVER: list[faults.Fault] = [
    Delay(0.01),
    SlowHeaders(0.0001),
    Reset(),
    Reset(after_the_work=True),
    Truncated(),
    Truncated(0.0),
    faults.WrongLength(-30),
    Status(429),
    Status(429, retry_after=0.005),
    Status(500),
    Status(502),
    Status(503),
    Status(503, retry_after=0.005),
    deep_error,
    deep,
    Body(b""),
    Body(b"null"),
    Body(b"<html>gateway</html>"),
    Body(b'{"error": {"message": "overloaded", "code": 503}}'),
    Body(b'{"choices": ['),
    Body(b"\xff\xfe\x00"),
    Put(("choices",), None),
    Put(("choices",), {}),
    Put(("choices",), []),
    Put(FIRST, "a choice"),
    Put((*FIRST, "finish_reason"), "abort"),
    Put((*FIRST, "finish_reason"), None),
    Put((*FIRST, "finish_reason"), ["stop"]),
    Drop((*FIRST, "finish_reason")),
]
OF_COMPLETIONS: list[faults.Fault] = [
    Put((*FIRST, "text"), 5),
    Put((*FIRST, "text"), None),
    Drop((*FIRST, "text")),
    Put((*FIRST, "token_ids"), ["5", "6"]),
    Put((*FIRST, "token_ids"), [5, True]),
    Put((*FIRST, "token_ids"), [5, float("nan")]),
    Put((*FIRST, "token_ids"), None),
    Drop((*FIRST, "token_ids")),
    Put((*FIRST, "index"), float("nan")),
    Put((*FIRST, "index"), "0"),
    Put((*FIRST, "index"), [0]),
    Put((*FIRST, "index"), 1),
    Put((*LAST, "index"), 17),
    Put((*LAST, "index"), -1),
    Drop(LAST),
    Drop(("choices",)),
]
OF_CHATS: list[faults.Fault] = [
    Put((*FIRST, "message"), "4"),
    Put((*FIRST, "message"), None),
    Put((*FIRST, "message", "content"), 5),
    Put((*FIRST, "message", "content"), ["4"]),
    Drop((*FIRST, "message")),
]


def named(what: Any) -> str:
    """What a test of it is called: the same in every process."""
    return str(getattr(what, "__name__", what))


def draws(request: ProxiedRequest) -> bool:
    """Whether it is part of a search; opening a generator is not."""
    return b'"messages"' in request.body or b"completions" in request.path.encode()


def on_every_first_attempt(fault: faults.Fault) -> Callable[[ProxiedRequest], faults.Fault | None]:
    """Every single request of the searches fails once."""
    return lambda request: fault if request.attempt == 0 and draws(request) else None


async def search(
    base_url: str,
    strategies: list[Strategy],
    problems: list[str] = PROBLEMS,
    *,
    kind: Callable[..., Any] = VLLMGenerator,
) -> Outcomes:
    """What all problems come to with all strategies."""
    generator = kind(base_url, retry=PATIENT, timeout=TIMEOUT)
    found: list[Result] = []
    async with solver_on(generator) as solver:
        for strategy in strategies:
            results = solver.solve_many(problems, strategy=strategy, ordered=True)
            found += [result async for result in results]
        lanes = solver.statistics().values()
        assert all(lane.in_use == lane.queued == 0 for lane in lanes)
    return [outcome(result) for result in found]


search_chats = partial(search, strategies=[BestOfN(4), Majority(6)], kind=OpenAIGenerator)


@pytest.fixture(scope="module")
def undisturbed() -> Outcomes:
    """What ``DVTS(8)`` comes to on a server that works."""

    async def measure() -> Outcomes:
        async with FakeServer(write_answer) as server:
            return await search(server.base_url, [DVTS(8)])

    outcomes = asyncio.run(measure())
    assert all(outcome["answer"] for outcome in outcomes)
    return outcomes


@pytest.fixture(scope="module")
def undisturbed_chats() -> Outcomes:
    """The same for ``search_chats``."""

    async def measure() -> Outcomes:
        async with FakeServer(write_answer, extras=OPENAI) as server:
            return await search_chats(server.base_url)

    outcomes = asyncio.run(measure())
    assert all(outcome["answer"] for outcome in outcomes)
    return outcomes


@pytest.mark.parametrize("fault", [*ANY_SERVER, *OF_COMPLETIONS], ids=named)
async def test_a_fault_that_passes_leaves_no_trace(
    fault: faults.Fault, undisturbed: Outcomes
) -> None:
    """Every request of a search fails once, in the same way: the result is what it would be."""
    async with (
        FakeServer(write_answer) as server,
        FaultProxy(server.base_url, faults=on_every_first_attempt(fault)) as proxy,
    ):
        assert await search(proxy.base_url, [DVTS(8)]) == undisturbed
        assert proxy.injected.total() >= 8 * len(PROBLEMS)


@pytest.mark.parametrize("seed", range(2))
async def test_all_faults_together_leave_no_trace(seed: int) -> None:
    """Three requests in ten fail, in any of the ways, again and again."""
    every = [*ANY_SERVER, *OF_COMPLETIONS]
    plan = RandomFaults(every, rate=0.3, seed=seed)
    async with (
        FakeServer(write_answer) as server,
        FaultProxy(
            server.base_url, faults=lambda request: plan(request) if draws(request) else None
        ) as proxy,
    ):
        undisturbed = await search(server.base_url, ALL_KINDS, MANY_PROBLEMS)
        assert await search(proxy.base_url, ALL_KINDS, MANY_PROBLEMS) == undisturbed
        assert proxy.injected.total() > 50


async def test_replicas_under_all_faults_together() -> None:
    """Two ways to a server, both bad: failing over from one to the other changes nothing."""
    every = [*ANY_SERVER, *OF_COMPLETIONS]

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(FakeServer(write_answer))
        proxies = [
            await stack.enter_async_context(
                FaultProxy(
                    server.base_url, faults=RandomFaults(every, seed=seed, path="/completions")
                )
            )
            for seed in range(2)
        ]

        def replicas(base_url: str, **options: Any) -> ReplicatedGenerator:
            urls = [proxy.base_url for proxy in proxies]
            return ReplicatedGenerator([VLLMGenerator(url, **options) for url in urls])

        undisturbed = await search(server.base_url, ALL_KINDS, MANY_PROBLEMS)
        assert await search("", ALL_KINDS, MANY_PROBLEMS, kind=replicas) == undisturbed
        assert all(proxy.injected.total() > 10 for proxy in proxies)


async def test_a_length_that_never_comes(undisturbed: Outcomes) -> None:
    """A body that is announced longer than it is costs a time-out, and nothing else."""
    plan = RandomFaults([faults.WrongLength(30)], rate=0.1, path="/completions")
    async with (
        FakeServer(write_answer) as server,
        FaultProxy(server.base_url, faults=plan) as proxy,
    ):
        assert await search(proxy.base_url, [DVTS(8)]) == undisturbed
        assert proxy.injected["WrongLength"] > 1


@pytest.mark.parametrize(
    "fault",
    [
        Put(("tokens", 0), "1"),
        Put(("tokens",), None),
        Drop(("tokens",)),
        Put(("prompt",), 5),
        Drop(("prompt",)),
    ],
    ids=str,
)
async def test_ids_and_their_texts_are_asked_for_again(
    fault: faults.Fault, undisturbed: Outcomes
) -> None:
    """What goes wrong around a search leaves no trace either."""

    def spoil(request: ProxiedRequest) -> faults.Fault | None:
        return fault if request.attempt == 0 and request.path.endswith("tokenize") else None

    async with (
        FakeServer(write_answer) as server,
        FaultProxy(server.base_url, faults=spoil) as proxy,
    ):
        assert await search(proxy.base_url, [DVTS(8)]) == undisturbed
        assert proxy.injected.total() >= 1


def curse(fault: faults.Fault) -> Callable[[ProxiedRequest], faults.Fault | None]:
    """None of the requests for the second problem ever succeeds."""

    def plan(request: ProxiedRequest) -> faults.Fault | None:
        if "completions" not in request.path:
            return None
        asked = json.loads(request.body)
        text = decode(asked["prompt"]) if "prompt" in asked else asked["messages"][-1]["content"]
        return fault if PROBLEMS[1] in text else None

    return plan


STAYING: list[tuple[faults.Fault, type[GenerationError]]] = [
    (Reset(), GeneratorUnavailable),
    (Delay(3600), GeneratorUnavailable),
    (Status(503, retry_after=0.001), GeneratorUnavailable),
    (Status(400, "no"), GeneratorRejected),
    (deep_error, GeneratorUnavailable),
    (deep, MalformedResponse),
    (Truncated(), MalformedResponse),
    (faults.WrongLength(-30), MalformedResponse),
    (Body(b"x" * 50_000_000), MalformedResponse),
    (Body(b'{"error": {"message": "overloaded"}}'), MalformedResponse),
    (Put((*FIRST, "finish_reason"), "abort"), MalformedResponse),
    (Put((*FIRST, "finish_reason"), ["stop"]), MalformedResponse),
]


@pytest.mark.parametrize("kind", [VLLMGenerator, OpenAIGenerator])
@pytest.mark.parametrize(("fault", "error"), STAYING, ids=named)
async def test_a_fault_that_stays_ends_its_search_alone(
    fault: faults.Fault, error: type[GenerationError], kind: type
) -> None:
    """One problem's requests never succeed: it ends with an error, the others as ever."""
    strategy = DVTS(8) if kind is VLLMGenerator else BestOfN(4)
    timeout = 1.0 if isinstance(fault, Delay) else 10.0
    async with (
        FakeServer(write_answer) as server,
        FaultProxy(server.base_url, faults=curse(fault)) as proxy,
    ):
        undisturbed = await search(server.base_url, [strategy], kind=kind)
        async with solver_on(kind(proxy.base_url, retry=HASTY, timeout=timeout)) as solver:
            results = solver.solve_many(PROBLEMS, strategy=strategy, ordered=True)
            found = [result async for result in results]
        cursed, expected = found.pop(1), undisturbed.pop(1)
        assert (cursed.stop_reason, expected["stop_reason"]) == ("error", "finished")
        assert type(cursed.error) is error
        assert len(str(cursed.error)) < 700
        assert [outcome(result) for result in found] == undisturbed
        assert proxy.running == 0


@pytest.mark.parametrize("fault", [*ANY_SERVER, *OF_CHATS], ids=named)
async def test_whole_answers_from_any_server(
    fault: faults.Fault, undisturbed_chats: Outcomes
) -> None:
    """The ``openai`` client obeys the same policy, and maps the same failures."""
    async with (
        FakeServer(write_answer, extras=OPENAI) as server,
        FaultProxy(server.base_url, faults=on_every_first_attempt(fault)) as proxy,
    ):
        assert await search_chats(proxy.base_url) == undisturbed_chats
        assert proxy.injected.total() >= len(PROBLEMS)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("extras", [OPENAI, VLLM], ids=["openai", "vllm"])
async def test_whole_answers_under_all_faults_together(extras: frozenset[str], seed: int) -> None:
    """Three in ten, of any server that speaks chat."""
    plan = RandomFaults([*ANY_SERVER, *OF_CHATS], rate=0.3, seed=seed, path="/chat/")
    async with (
        FakeServer(write_answer, extras=extras) as server,
        FaultProxy(server.base_url, faults=plan) as proxy,
    ):
        undisturbed = await search_chats(server.base_url, problems=MANY_PROBLEMS)
        assert await search_chats(proxy.base_url, problems=MANY_PROBLEMS) == undisturbed
        assert proxy.injected.total() >= 4
