"""One line per request, and nothing in it that is nobody's business."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tests.gateway.access.over_http import Gateway, chat, gateway, head
from tests.patience import until
from tts_async import Solver
from tts_async.gateway.access import Tenant, new_key
from tts_async.observe import configure_logging, log_events
from tts_async.testing import RandomGenerator

KEY = new_key()
TENANTS = {KEY: Tenant(name="alice")}
QUESTION = "How many horses does the neighbour have?"


def solver(delay: float = 0.0, **options: Any) -> Solver:
    """On random trees."""
    return Solver(generator=RandomGenerator(delay=delay), **options)


@pytest.fixture
def _own_logging() -> Iterator[None]:
    """What is configured here does not stay."""
    yield
    structlog.reset_defaults()


def requests(lines: list[Any]) -> list[dict[str, Any]]:
    """The lines that are about requests."""
    return [line for line in lines if line["event"] == "request"]


@pytest.mark.parametrize("stream", [False, True])
async def test_the_line_of_a_search(*, stream: bool) -> None:
    """Whole or streamed, it says whose it was, how long it took and what it cost."""
    with capture_logs() as lines:
        async with gateway(solver(), TENANTS) as door:
            answer = await door.ask(key=KEY, question=QUESTION, model="majority-3", stream=stream)
            assert answer.status == 200
    (line,) = requests(lines)
    assert line.pop("seconds") > 0
    assert line.pop("tokens") > 0
    assert line.pop("request_id") == answer.headers["x-request-id"]
    assert line == {
        "event": "request",
        "log_level": "info",
        "key": "alice",
        "model": "majority-3",
        "stop_reason": "finished",
        "method": "POST",
        "path": "/v1/chat/completions",
        "status": 200,
    }


async def test_the_line_of_a_refusal() -> None:
    """With its code, and no key's name where there was no key."""
    with capture_logs() as lines:
        async with gateway(solver(), TENANTS) as door:
            await door.ask()
            await door.ask(key=KEY, model="nonsense")
    first, second = requests(lines)
    assert (first["status"], first["error"], "key" in first) == (401, "missing_api_key", False)
    assert (second["status"], second["error"], second["key"]) == (404, "model_not_found", "alice")
    assert "model" not in second


async def test_the_line_of_a_client_that_went_away() -> None:
    """With what was spent so far."""
    with capture_logs() as lines:
        async with gateway(solver(delay=60), TENANTS) as door:
            async with door.connected() as (_, writer):
                writer.write(chat(key=KEY))
                await until(lambda: door.access.running == 1)
            await until(lambda: bool(requests(lines)))
    (line,) = requests(lines)
    assert (line["status"], line["key"], line["tokens"]) == (499, "alice", 0)


async def test_those_who_only_look_are_not_in_the_way() -> None:
    """Balancers ask every second, and a page has many files."""
    with capture_logs() as lines:
        async with gateway(solver(), TENANTS) as door:
            for path in ("/health", "/v1/none", "/live/x.js"):
                await door.send(head("GET", "Connection: close", path=path))
    levels = [(line["path"], line["log_level"]) for line in requests(lines)]
    assert levels == [("/health", "debug"), ("/v1/none", "info"), ("/live/x.js", "info")]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123_x.y:z", True),
        ("", False),
        ("x" * 129, False),
        ("a b", False),
        ("caf\xe9", False),
        ('"}', False),
    ],
)
async def test_the_clients_own_id(given: str, *, kept: bool) -> None:
    """Is taken where it can do no harm in a log."""
    async with gateway(solver(), TENANTS) as door:
        answer = await door.ask(key=KEY, headers=[f"x-request-id: {given}"])
    told = answer.headers["x-request-id"]
    assert (told == given) is kept
    assert kept or told.startswith("req_")


async def everything_that_happens(door: Gateway) -> None:
    """Searches that end well, badly and not at all, and requests that are none."""
    for stream in (False, True):
        await door.ask(key=KEY, question=QUESTION, stream=stream)
    await door.ask(key=KEY, question=QUESTION, model="dvts-4")
    await door.ask(key=KEY, question=QUESTION, temperature="hot")
    await door.ask(key=KEY + "x", question=QUESTION)
    await door.ask(key=f"{KEY} ", question=QUESTION, headers=[f"x-request-id: {KEY} {QUESTION}"])
    await door.send(chat(key=KEY, question=QUESTION)[:-5])
    await door.send(head("GET", f"Authorization: Bearer {KEY}\x00{QUESTION}"))
    await door.send(head("GET", "Connection: close", path=f"/v1/none?key={KEY}"))


@pytest.mark.usefixtures("_own_logging")
@pytest.mark.parametrize("json_lines", [False, True])
async def test_neither_keys_nor_questions_are_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, *, json_lines: bool
) -> None:
    """Not even with everything that can be logged."""
    configure_logging("debug", json=json_lines)
    async with gateway(solver(observers=[log_events()]), TENANTS, client_seconds=1) as door:
        await everything_that_happens(door)
    log = "".join([*capfd.readouterr(), caplog.text])
    assert log.count("search finished") == 3
    assert KEY not in log
    assert QUESTION not in log
    assert "horses" not in log


@pytest.mark.usefixtures("_own_logging")
async def test_questions_are_logged_where_that_is_wanted(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Keys are not; and the lines of the search carry the id of its request."""
    configure_logging("debug", json=True)
    async with gateway(solver(observers=[log_events()]), TENANTS, log_prompts=True) as door:
        await door.ask(key=KEY, question=QUESTION, headers=["x-request-id: mine"])
    log = capfd.readouterr().err
    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = requests(lines)
    assert line["prompt"] == [{"role": "user", "content": QUESTION}]
    assert KEY not in log
    assert {line["request_id"] for line in lines if line["event"].startswith("search")} == {"mine"}


@pytest.mark.usefixtures("_own_logging")
async def test_a_log_that_cannot_be_written_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that nobody reads any more, a disk that is full."""

    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    configure_logging()
    async with gateway(solver(), TENANTS) as door:
        monkeypatch.setattr(sys, "stderr", Broken())
        answer = await door.ask(key=KEY)
        monkeypatch.undo()
    assert answer.status == 200
