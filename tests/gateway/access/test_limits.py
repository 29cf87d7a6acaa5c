"""Buckets, and what a key uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.gateway import GatewayError
from tts_async.gateway.access.bucket import Bucket
from tts_async.gateway.access.tenant import KeyLimits
from tts_async.gateway.access.usage import Usage


def test_a_bucket_fills_up() -> None:
    """At its rate, up to a minute's worth."""
    bucket = Bucket(60, now=0.0)
    assert bucket.wait(60, 0.0) == 0
    bucket.take(60, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(1)
    assert bucket.wait(30, 10.0) == pytest.approx(20)
    assert bucket.wait(60, 1000.0) == 0
    bucket.take(1, 1000.0)
    assert bucket.wait(60, 1000.0) == pytest.approx(1)


def test_a_full_bucket_is_enough_for_anything() -> None:
    """Or a search that may cost more than a minute's worth could never begin."""
    bucket = Bucket(60, now=0.0)
    assert bucket.wait(1000, 0.0) == 0
    bucket.take(1000, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(941)


@given(
    rate=st.integers(1, 1000),
    steps=st.lists(st.tuples(st.floats(0, 30), st.integers(0, 300)), max_size=50),
)
def test_the_rate_holds_in_the_long_run(rate: int, steps: list[tuple[float, int]]) -> None:
    """Whatever is taken where no wait was due, the bucket's worth and one overdraft aside."""
    bucket, now, taken, largest = Bucket(rate, 0.0), 0.0, 0, 0
    for pause, units in steps:
        now += pause
        if bucket.wait(1, now) == 0:
            bucket.take(units, now)
            taken, largest = taken + units, max(largest, units)
    assert taken <= rate + now * rate / 60 + largest + 1e-6


LIMITS = KeyLimits(searches=2, tokens_per_minute=600, requests_per_minute=6)


def begin(usage: Usage, most: int, now: float = 0.0, limits: KeyLimits = LIMITS) -> float:
    """A search that may cost so much."""
    return usage.begin(limits, most, now=now, pause=7.0)


def refused(usage: Usage, most: int, now: float = 0.0, limits: KeyLimits = LIMITS) -> GatewayError:
    """Why it may not begin."""
    with pytest.raises(GatewayError) as raised:
        begin(usage, most, now, limits)
    assert raised.value.status == 429
    return raised.value


def test_so_many_searches_at_a_time() -> None:
    """The third is told when one of them may have ended."""
    usage = Usage()
    charged = begin(usage, 10)
    begin(usage, 10)
    error = refused(usage, 10)
    assert (error.retry_after, "2 searches at a time" in error.message) == (7.0, True)
    usage.end(charged, 10, 10, now=0.0)
    begin(usage, 10)


def test_so_many_requests_per_minute() -> None:
    """What was refused does not count."""
    usage = Usage()
    for _ in range(6):
        usage.end(begin(usage, 1), 1, 1, now=0.0)
    for _ in range(3):
        error = refused(usage, 1)
    assert error.retry_after == pytest.approx(10)
    assert "6 requests per minute" in error.message
    begin(usage, 1, now=10.0)


def test_tokens_are_charged_in_advance_and_settled_later() -> None:
    """What a search did not spend is given back."""
    usage = Usage()
    charged = begin(usage, 500)
    error = refused(usage, 500)
    assert (charged, error.retry_after) == (500, pytest.approx(40))
    usage.end(charged, 100, 500, now=0.0)
    begin(usage, 500)


def test_the_charge_follows_what_searches_really_cost() -> None:
    """A tenth of what they may: ten times as many are let in together."""
    usage = Usage()
    loose = KeyLimits()
    for _ in range(60):
        usage.end(begin(usage, 1000, limits=loose), 100, 1000, now=0.0)
    assert begin(usage, 1000, limits=loose) == pytest.approx(100, rel=0.1)


def test_an_underestimate_is_waited_for() -> None:
    """So the limit holds in the long run."""
    usage = Usage()
    usage.end(begin(usage, 100), 1200, 100, now=0.0)
    assert refused(usage, 1).retry_after == pytest.approx(60, abs=0.2)


def test_what_failed_at_once_says_nothing_about_cost() -> None:
    """The next one is charged as before, and nothing is lost."""
    usage = Usage()
    usage.end(begin(usage, 600), 0, 600, now=0.0)
    assert begin(usage, 600) == 600


def test_limits_may_change_in_the_middle() -> None:
    """What was used stays used; a limit that was lifted is no more."""
    usage = Usage()
    begin(usage, 600)
    wider = KeyLimits(tokens_per_minute=6000)
    assert refused(usage, 100, limits=wider).retry_after == pytest.approx(1)
    begin(usage, 10**9, limits=KeyLimits())
