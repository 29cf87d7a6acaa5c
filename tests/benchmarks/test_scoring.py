"""The simulated verifier's arithmetic."""

import asyncio
from collections.abc import Sequence

import pytest

from benchmarks.fleet.costs import VerifierCosts
from benchmarks.fleet.scoring import ScoringDevice
from benchmarks.fleet.stopwatch import Stopwatch
from tts_async.testing import run_virtual

COSTS = VerifierCosts(
    max_batch_tokens=100, fixed=1.0, weights=2.0, compute=0.1, cache_tokens=10_000
)
PROMPT = (0, 40)
Path = Sequence[tuple[int, int]]


def score(*calls: Sequence[Path], reuse: bool, merge: bool = True) -> tuple[ScoringDevice, float]:
    """Make all calls at once; the device afterwards, and when the last was answered."""

    async def main() -> tuple[ScoringDevice, float]:
        clock = Stopwatch()
        device = ScoringDevice(COSTS, clock, reuse=reuse, merge=merge)
        await asyncio.gather(*map(device.score, calls))
        return device, clock.now()

    return run_virtual(main())


def test_a_batch_is_as_long_as_its_weights_or_its_tokens_take() -> None:
    """10 tokens are bound by memory, 80 by arithmetic."""
    assert score([[(1, 10)]], reuse=False)[1] == pytest.approx(1 + 2)
    assert score([[(1, 80)]], reuse=False)[1] == pytest.approx(1 + 8)


def test_known_beginnings_cost_nothing_where_prefixes_are_reused() -> None:
    """Two children of one step: the second costs its own tokens, or the whole text again."""
    one, other = [PROMPT, (1, 10), (2, 5)], [PROMPT, (1, 10), (3, 5)]
    assert score([one, other], reuse=True)[0].totals.tokens == 40 + 10 + 5 + 5
    assert score([one, other], reuse=False)[0].totals.tokens == 2 * 55


def test_calls_that_wait_share_a_batch_unless_the_verifier_cannot() -> None:
    """Three calls at once: one batch, or three."""
    calls = [[[(digest, 20)]] for digest in range(3)]
    together, alone = score(*calls, reuse=True), score(*calls, reuse=True, merge=False)
    assert (together[0].totals.batches, together[1]) == (1, pytest.approx(1 + 6))
    assert (alone[0].totals.batches, alone[1]) == (3, pytest.approx(3 * 3))


def test_a_batch_holds_no_more_tokens_than_it_may_but_always_a_path() -> None:
    """60 and 60 do not fit into 100; 150 go alone."""
    device, _ = score([[(1, 60)], [(2, 60)], [(3, 150)]], reuse=False)
    assert device.totals.batches == 3


def test_cancelled_calls_leave_the_line() -> None:
    """Only what was being computed is."""

    async def main() -> ScoringDevice:
        device = ScoringDevice(COSTS, Stopwatch(), reuse=False)
        first = asyncio.ensure_future(device.score([[(1, 90)]]))
        second = asyncio.ensure_future(device.score([[(2, 90)]]))
        await asyncio.sleep(0.5)
        second.cancel()
        await asyncio.wait([first, second])
        await device.score([[(3, 90)]])
        return device

    device = run_virtual(main())
    assert (device.totals.paths, device.totals.tokens) == (2, 180)
