"""The simulated server's arithmetic, against numbers that a reader can check."""

import asyncio
from collections.abc import Sequence

import pytest

from benchmarks.fleet.costs import GeneratorCosts
from benchmarks.fleet.decoding import ContinuousBatch, DecodingServer, Run
from benchmarks.fleet.stopwatch import Stopwatch
from benchmarks.fleet.trace import Drawn, Place
from tts_async.testing import run_virtual

PROMPT = 100


def costs(**changes: float) -> GeneratorCosts:
    """A second per step, everything else free."""
    free = {"host_sequence": 0, "weights": 0, "compute": 0, "keys": 0, "prefill": 0}
    sizes = {"max_num_seqs": 4, "cache_tokens": 10_000}
    return GeneratorCosts(**({"host_step": 1.0} | free | sizes | changes))  # type: ignore[arg-type]


def run(tokens: int, *, start: int = 0, end: int = 1, context: int = PROMPT) -> Run:
    """One continuation of a place, by the digests of where it begins and ends."""
    drawn = Drawn(Place(end, 0, 1), tokens, finished=False)
    return Run(Place(start, 0, 0), context, [drawn], tokens)


def ends(batch: ContinuousBatch) -> list[tuple[float, list[int]]]:
    """When which lengths end, if nothing else arrives."""
    seen = []
    while (due := batch.due) is not None:
        ended = batch.advance(due)
        if ended:
            seen.append((due, [each.tokens for each in ended]))
    return seen


def test_a_step_of_the_batch_is_a_token_for_everybody() -> None:
    """Three sequences together: each takes its own length in steps."""
    batch = ContinuousBatch(costs())
    batch.submit([run(3), run(5), run(5)], 0.0)
    assert ends(batch) == [(3.0, [3]), (5.0, [5, 5])]
    assert batch.totals.tokens == 13
    assert batch.totals.running == 3 * 3 + 2 * 2


def test_a_step_takes_longer_with_every_sequence_beyond_the_memory_bound() -> None:
    """1 s of host, then the larger of 2 s for the weights and 1 s per sequence."""
    batch = ContinuousBatch(costs(weights=2.0, compute=1.0))
    batch.submit([run(2), run(4), run(4)], 0.0)
    # two steps of 1 + 3 seconds, then two of 1 + 2
    assert ends(batch) == [(8.0, [2]), (14.0, [4, 4])]


def test_attention_takes_time_by_the_tokens_that_are_attended_to() -> None:
    """A context of 100 tokens at 10 ms each makes every step a second longer."""
    batch = ContinuousBatch(costs(keys=0.01))
    batch.submit([run(2)], 0.0)
    assert ends(batch) == [(4.0, [2])]
    assert batch.totals.context == 2 * PROMPT


def test_who_comes_in_the_middle_of_a_step_waits_for_its_end() -> None:
    """Asked at 0.5, joined at 1."""
    batch = ContinuousBatch(costs())
    batch.submit([run(4)], 0.0)
    batch.advance(0.0)
    batch.submit([run(2)], 0.5)
    assert ends(batch) == [(3.0, [2]), (4.0, [4])]


def test_what_does_not_fit_waits_in_line() -> None:
    """Two places, three sequences: the third begins when the first has ended."""
    batch = ContinuousBatch(costs(max_num_seqs=2))
    batch.submit([run(2), run(6), run(3)], 0.0)
    batch.advance(0.0)
    assert (batch.running, batch.waiting) == (2, 1)
    assert ends(batch) == [(2.0, [2]), (5.0, [3]), (6.0, [6])]


def test_a_prefix_is_computed_once_and_then_found_in_whole_blocks() -> None:
    """Siblings share the prompt; a child's prompt is known but for its last block."""
    batch = ContinuousBatch(costs(prefill=0.1))
    batch.submit([run(5, end=1), run(5, end=2)], 0.0)
    batch.advance(0.0)
    first = PROMPT + (PROMPT - 96)  # whole, and what is beyond the sixth block of 16
    assert batch.totals.prefill == first
    (moment, _), *_ = ends(batch)
    assert moment == pytest.approx(5.0 + 0.1 * first)
    batch.submit([run(5, start=1, end=3, context=PROMPT + 5)], moment)
    ends(batch)
    assert batch.totals.prefill == first + (PROMPT + 5 - 96)


def test_what_the_cache_has_no_room_for_is_computed_again() -> None:
    """Room for one prompt: the second one drives the first out."""
    batch = ContinuousBatch(costs(cache_tokens=150))
    for start in (7, 8, 7):
        batch.submit([run(1, start=start, end=start + 100)], 0.0)
        ends(batch)
    assert batch.totals.prefill == 3 * PROMPT


def test_an_aborted_sequence_makes_room_at_the_end_of_the_step() -> None:
    """Its tokens so far are lost, and the next in line begins."""
    batch = ContinuousBatch(costs(max_num_seqs=1))
    long, short = run(100), run(2)
    batch.submit([long, short], 0.0)
    batch.advance(0.0)
    batch.abort([long], 2.5)
    assert ends(batch) == [(5.0, [2])]
    assert batch.totals.tokens == 5
    assert batch.totals.aborted == 3


def test_cancelling_a_request_aborts_its_sequences() -> None:
    """And leaves the server idle, with nothing due."""

    async def main() -> tuple[DecodingServer, float]:
        clock = Stopwatch()
        server = DecodingServer(costs(), clock)
        request = asyncio.ensure_future(server.decode([run(50), run(60)]))
        await asyncio.sleep(9.5)
        request.cancel()
        await asyncio.wait([request])
        await asyncio.sleep(2)
        await server.decode([run(3)])
        return server, clock.now()

    server, end = run_virtual(main())
    assert server.batch.totals.aborted == 20
    assert end == pytest.approx(14.5)


def test_requests_take_their_time_and_the_slowest_of_each_counts() -> None:
    """The server adds up the seconds that its requests had to take."""

    async def main(requests: Sequence[Sequence[Run]]) -> tuple[float, float]:
        clock = Stopwatch()
        server = DecodingServer(costs(), clock)
        await asyncio.gather(*map(server.decode, requests))
        return server.service, clock.now()

    service, end = run_virtual(main([[run(3), run(7)], [run(2), run(2)]]))
    assert (service, end) == (pytest.approx(7 + 2), pytest.approx(7))
