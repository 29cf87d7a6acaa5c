"""The retry policy by itself, and what counts as worth a retry."""

import time
from email.utils import formatdate
from itertools import pairwise

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.generation.fake_server import Naps
from tts_async.errors import (
    ConfigurationError,
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
    PromptTooLong,
)
from tts_async.http import RetryPolicy, failures
from tts_async.http.failures import Transient
from tts_async.http.retry import Outage


class Flaky:
    """Fails some times, then works; every attempt takes ``seconds``."""

    def __init__(self, *errors: Exception, naps: Naps | None = None, seconds: float = 0.0) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.naps = naps
        self.seconds = seconds

    async def __call__(self) -> str:
        """One attempt."""
        self.calls += 1
        if self.naps is not None:
            self.naps.now += self.seconds
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def down(retry_after: float | None = None) -> Transient:
    """A server that is down."""
    return Transient(GeneratorUnavailable("down"), retry_after=retry_after)


async def test_pauses_grow_and_are_jittered() -> None:
    """Each pause is between half and all of its double-up, the longest bounded."""
    naps = Naps()
    policy = naps.policy(attempts=9, seconds=1000.0, first_wait=1.0, longest_wait=20.0)
    assert await policy.run(Flaky(*[down()] * 8)) == "answer"
    limits = [min(20.0, 2.0**i) for i in range(8)]
    assert all(m / 2 <= nap <= m for nap, m in zip(naps.taken, limits, strict=True))
    assert len({nap / m for nap, m in zip(naps.taken, limits, strict=True)}) == 8


async def test_number_of_attempts_is_bounded() -> None:
    """The error says how often was tried; its type and words are those of the last failure."""
    naps, flaky = Naps(), Flaky(*[down()] * 99)
    with pytest.raises(GeneratorUnavailable, match=r"down \(gave up after 4 attempts in [\d.]+ s"):
        await naps.policy(attempts=4).run(flaky)
    assert flaky.calls == 4


async def test_time_is_bounded() -> None:
    """No attempt starts later than the budget after the first failure."""
    naps, flaky = Naps(), Flaky(*[down()] * 99)
    with pytest.raises(GeneratorUnavailable, match="gave up"):
        await naps.policy(attempts=99, seconds=10.0, first_wait=1.0).run(flaky)
    assert flaky.calls >= 4
    assert naps.now <= 10.0


async def test_long_work_does_not_eat_the_budget() -> None:
    """A request that fails after minutes of generation still has its retries."""
    naps = Naps()
    flaky = Flaky(down(), naps=naps, seconds=500.0)
    assert await naps.policy(attempts=3, seconds=10.0).run(flaky) == "answer"


async def test_retry_after_is_a_lower_bound() -> None:
    """The server's wish is respected to the second, with a little spread behind it."""
    naps = Naps()
    await naps.policy(first_wait=0.5).run(Flaky(down(retry_after=7.0)))
    assert 7.0 <= naps.taken[0] <= 7.5


async def test_a_wish_beyond_the_budget_ends_it_at_once() -> None:
    """A server that wants an hour gets no half-hearted attempts in between."""
    naps = Naps()
    with pytest.raises(GeneratorUnavailable):
        await naps.policy(seconds=60.0).run(Flaky(*[down(retry_after=3600.0)] * 2))
    assert naps.taken == []


async def test_nonsense_is_asked_for_less_often() -> None:
    """A malformed answer gets its own, smaller number of attempts; outages do not count in."""
    nonsense = [Transient(MalformedResponse("what?"))] * 9
    flaky = Flaky(down(), down(), *nonsense)
    with pytest.raises(MalformedResponse, match="gave up after 5 attempts"):
        await Naps().policy(malformed_attempts=3).run(flaky)


async def test_everything_else_is_raised_at_once() -> None:
    """A refusal is final."""
    flaky = Flaky(GeneratorRejected("no"), down())
    with pytest.raises(GeneratorRejected, match=r"^no$"):
        await Naps().policy().run(flaky)
    assert flaky.calls == 1


async def test_attempts_one_means_no_retry() -> None:
    """And the message does not boast of attempts."""
    with pytest.raises(GeneratorUnavailable, match=r"^down$"):
        await Naps().policy(attempts=1).run(Flaky(down()))


def test_limits_are_checked() -> None:
    """A policy that could never try is refused."""
    with pytest.raises(ConfigurationError, match="attempts"):
        RetryPolicy(attempts=0)
    with pytest.raises(ConfigurationError, match="negative"):
        RetryPolicy(seconds=-1.0)
    with pytest.raises(ConfigurationError, match="negative"):
        RetryPolicy(outage_seconds=-1.0)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_statuses_that_pass(status: int) -> None:
    """Overload, conflict, time-out and every 5xx are worth another attempt."""
    failure = failures.of_status("url", status, "busy", "3")
    assert isinstance(failure, Transient)
    assert failure.retry_after == 3.0
    assert isinstance(failure.error, GeneratorUnavailable)
    assert failure.overload is (status in {429, 503})


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 413, 422, 451])
def test_statuses_that_stay(status: int) -> None:
    """The same request would be refused again; the server's words are in the message."""
    failure = failures.of_status("url", status, "because")
    assert isinstance(failure, GeneratorRejected)
    assert str(status) in str(failure)
    assert "because" in str(failure)


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 512 tokens. However, you requested 600 tokens",
        "You passed 600 input tokens; the model's context length is only 512 tokens.",
        "The decoder prompt (length 600) is longer than the maximum model length of 512.",
        "the request exceeds the available context size, try increasing it",
    ],
)
def test_too_long_has_a_name(words: str) -> None:
    """Servers word it differently; it is one error."""
    assert isinstance(failures.of_status("url", 400, words), PromptTooLong)


def test_retry_after_in_both_forms() -> None:
    """Seconds and HTTP dates; the past is now, nonsense is nothing."""
    assert failures.seconds_until("12") == 12.0
    soon = failures.seconds_until(formatdate(time.time() + 30, usegmt=True))
    assert soon is not None
    assert 10.0 < soon <= 30.0
    assert failures.seconds_until(formatdate(time.time() - 30, usegmt=True)) == 0.0
    for nonsense in (None, "", "soon", "inf", "nan"):
        assert failures.seconds_until(nonsense) is None, nonsense


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"error": {"message": "no such model", "code": 404}}', "no such model"),
        (b'{"object": "error", "message": "too big"}', "too big"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"error": "Unauthorized"}', "Unauthorized"),
        (b'{"detail": [{"loc": ["n"]}]}', '{"detail": [{"loc": ["n"]}]}'),
        (b"upstream timed out", "upstream timed out"),
        (b"\xff\xfe", "��"),
        (b"", ""),
        (b"x" * 9999, "x" * 500 + "…"),
    ],
)
def test_the_servers_own_words_are_found(content: bytes, message: str) -> None:
    """Wherever the server puts them, and not too many of them."""
    assert failures.server_message(content) == message


def test_transport_errors() -> None:
    """Time-outs and broken connections pass; a cut body is a malformed answer."""
    for error, kind in [
        (TimeoutError(), GeneratorUnavailable),
        (aiohttp.ServerDisconnectedError(), GeneratorUnavailable),
        (ConnectionResetError("reset"), GeneratorUnavailable),
        (aiohttp.ClientPayloadError("cut"), MalformedResponse),
    ]:
        failure = failures.of_transport("url", error)
        assert isinstance(failure, Transient)
        assert type(failure.error) is kind
        assert isinstance(failure.error, GenerationError)


def test_pauses_never_overflow() -> None:
    """The ten-thousandth failure waits as long as the tenth."""
    policy = RetryPolicy(longest_wait=30.0)
    assert all(15.0 <= policy.pause(n, None) <= 30.0 for n, _ in pairwise(range(10, 10_000, 999)))


async def test_an_outage_may_have_less_time_than_a_busy_server() -> None:
    """Patience while it says that it is busy; soon over once it says nothing."""
    naps = Naps()
    policy = naps.policy(attempts=99, seconds=100.0, first_wait=1.0, outage_seconds=4.0)
    busy = [Transient(GeneratorUnavailable("busy"), overload=True, alive=True) for _ in range(6)]
    assert await policy.run(Flaky(*busy)) == "answer"
    assert naps.now > 10.0
    naps.now, flaky = 0.0, Flaky(*[down()] * 99)
    with pytest.raises(GeneratorUnavailable, match="gave up"):
        await policy.run(flaky)
    assert flaky.calls > 1
    assert naps.now <= 4.0


@pytest.mark.parametrize(
    ("status", "retry_after", "alive"),
    [(429, None, True), (429, "1", True), (503, "1", True), (503, None, False), (500, "1", False)],
)
def test_who_is_alive(status: int, retry_after: str | None, alive: bool) -> None:
    """A bare 503 is also what a gateway says in the place of a dead server."""
    failure = failures.of_status("url", status, "", retry_after)
    assert isinstance(failure, Transient)
    assert failure.alive is alive


async def test_a_dead_server_is_dead_for_everybody() -> None:
    """The first request waits its time out; later ones learn at once, until it is back."""
    naps, outage = Naps(), Outage("server")
    policy = naps.policy(attempts=99, seconds=60.0, first_wait=1.0, longest_wait=8.0)
    with pytest.raises(GeneratorUnavailable):
        await policy.run(Flaky(*[down()] * 99), outage=outage)
    assert 45 < naps.now <= 60
    for _ in range(20):
        late = Flaky(*[down()] * 99)
        with pytest.raises(GeneratorUnavailable):
            await policy.run(late, outage=outage)
    assert late.calls == 1
    assert naps.now <= 60
    assert await policy.run(Flaky(), outage=outage) == "answer"
    assert await policy.run(Flaky(*[down()] * 5), outage=outage) == "answer"


async def test_an_outage_of_long_ago_is_forgotten() -> None:
    """Whoever asks an hour later has all the patience again."""
    naps, outage = Naps(), Outage("server")
    policy = naps.policy(attempts=99, seconds=60.0, first_wait=1.0, longest_wait=8.0)
    with pytest.raises(GeneratorUnavailable):
        await policy.run(Flaky(*[down()] * 99), outage=outage)
    naps.now += 3600
    assert await policy.run(Flaky(*[down()] * 5), outage=outage) == "answer"


async def test_who_asks_in_a_hurry_does_not_make_the_others_forget() -> None:
    """A check now and then, which has seconds, leaves the outage as old as it is."""
    naps, outage = Naps(), Outage("server")
    patient = naps.policy(attempts=99, seconds=60.0, first_wait=1.0, longest_wait=8.0)
    hurried = naps.policy(attempts=3, seconds=2.0)
    with pytest.raises(GeneratorUnavailable):
        await patient.run(Flaky(*[down()] * 99), outage=outage)
    for _ in range(3):
        naps.now += 5.0
        with pytest.raises(GeneratorUnavailable):
            await hurried.run(Flaky(*[down()] * 99), outage=outage)
    late = Flaky(*[down()] * 99)
    with pytest.raises(GeneratorUnavailable):
        await patient.run(late, outage=outage)
    assert late.calls == 1


async def test_an_outage_is_two_lines_in_the_log() -> None:
    """However many requests wait for its end, and however often they ask."""
    naps, outage = Naps(), Outage("http://one/v1")
    policy = naps.policy(first_wait=1.0)
    with capture_logs() as lines:
        for _ in range(3):
            with pytest.raises(GeneratorUnavailable):
                await policy.run(Flaky(*[down()] * 99), outage=outage)
        began = naps.now
        assert await policy.run(Flaky(), outage=outage) == "answer"
        assert await policy.run(Flaky(), outage=outage) == "answer"
    assert lines == [
        {
            "event": "server in trouble, asking again",
            "log_level": "info",
            "server": "http://one/v1",
            "error": "down",
        },
        {
            "event": "server well again",
            "log_level": "info",
            "server": "http://one/v1",
            "seconds": round(began, 1),
        },
    ]


async def test_a_server_that_comes_and_goes_does_not_fill_the_log() -> None:
    """Two lines a minute, and none of one that only says that it is busy."""
    naps, outage = Naps(), Outage("server")
    policy = naps.policy(first_wait=1.0)
    with capture_logs() as lines:
        while naps.now < 150:
            await policy.run(Flaky(down()), outage=outage)
        busy = Transient(GeneratorUnavailable("busy"), overload=True, alive=True)
        naps.now += 100
        await policy.run(Flaky(busy), outage=outage)
    assert len(lines) == 2 * 3
