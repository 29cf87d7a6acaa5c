"""Tokens of the last minute."""

from hypothesis import given
from hypothesis import strategies as st

from tts_async.observe.hub.token_rate import SECONDS, TokenRate


def test_seconds_pass() -> None:
    """The newest is the last; what is older than a minute is gone."""
    rate = TokenRate()
    rate.add(5, 100.9)
    rate.add(7, 101.0)
    assert rate.last_minute(101.5)[-2:] == [5, 7]
    assert rate.last_minute(103.0)[-4:] == [5, 7, 0, 0]
    assert sum(rate.last_minute(159.9)) == 12
    assert rate.last_minute(160.0)[0] == 7
    assert sum(rate.last_minute(161.0)) == 0


@given(st.lists(st.tuples(st.floats(0, 90), st.integers(0, 100)), max_size=30), st.floats(0, 200))
def test_it_counts_as_a_list_would(steps: list[tuple[float, int]], rest: float) -> None:
    """At any moments, in order."""
    rate, now, all_of_them = TokenRate(), 1000.0, []
    for wait, tokens in steps:
        now += wait
        rate.add(tokens, now)
        all_of_them.append((int(now), tokens))
    last = int(now + rest)
    seconds = range(last - SECONDS + 1, last + 1)
    expected = [sum(tokens for at, tokens in all_of_them if at == second) for second in seconds]
    assert rate.last_minute(now + rest) == expected
