"""The pool's decisions, in virtual time: who gets a call, and what a death changes."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.verifiers.simulated_worker import MALICE, POISON, SimulatedWorker, score_of
from tts_async.errors import ConfigurationError, VerificationError, VerifierUnavailable
from tts_async.testing import run_virtual
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest, StepScores
from tts_async.verifiers import VerifierPool
from tts_async.verifiers.pool.devices import Place, places


def path(problem: str, *steps: str) -> ScoreRequest:
    """A path of a problem whose id is its text."""
    return ScoreRequest(Problem(problem, id=problem), steps or ("a step",))


def make_pool(
    devices: str | list[str] = "cpu:2", **options: Any
) -> tuple[VerifierPool, list[SimulatedWorker]]:
    """A pool and its workers."""
    workers: list[SimulatedWorker] = []

    def make(_model: str, **own: Any) -> SimulatedWorker:
        workers.append(SimulatedWorker(**own))
        return workers[-1]

    return VerifierPool("prm", devices, worker=make, **options), workers


async def outcomes(*calls: Coroutine[Any, Any, list[StepScores]]) -> list[Any]:
    """Scores and errors of calls made at once."""
    return await asyncio.gather(*calls, return_exceptions=True)


def test_devices_are_read() -> None:
    """One place per worker, the threads divided among them."""
    assert places("cuda:1", None) == [Place("cuda:1", 1)]
    assert places(["cuda:0", "cuda"], 2) == [Place("cuda:0", 1), Place("cuda", 1)]
    assert places("cpu:3", 8) == [Place("cpu", 3), Place("cpu", 3), Place("cpu", 2)]
    assert places(["cpu", "cuda:0", "cpu:2"], None) == [
        Place(device, 1) for device in ("cpu", "cuda:0", "cpu", "cpu")
    ]


@pytest.mark.parametrize(
    ("devices", "threads", "message"),
    [
        ("", None, "devices: '' is no device"),
        ([], None, "devices: it is empty"),
        ("cpu:0", None, "devices: 'cpu:0' is no device"),
        ("cpu:00", None, "devices: 'cpu:00' is no device"),
        (2, None, "devices: 2 is no device"),
        ([0], None, "devices: 0 is no device"),
        ("cuda:x", None, "'cuda:x' is no device; write \"cuda:0\""),
        ("cpu:4", 3, "threads: 3 are too few for 4 workers"),
    ],
)
def test_wrong_devices_are_refused(devices: Any, threads: int | None, message: str) -> None:
    """By name, and with what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        VerifierPool("prm", devices, threads=threads)


def test_wrong_options_are_refused() -> None:
    """Those of the workers too."""
    with pytest.raises(ConfigurationError, match="load_timeout: must be positive seconds, got -1"):
        VerifierPool("prm", load_timeout=-1)
    with pytest.raises(ConfigurationError, match="hang_timeout: must be positive seconds, got 0"):
        VerifierPool("prm", hang_timeout=0)


def test_scores_come_in_the_order_asked() -> None:
    """Paths of several problems in one call, twins among them, in any order."""

    async def main() -> None:
        pool, _ = make_pool()
        async with pool:
            asked = [path(name, "x" * length) for length, name in enumerate("abcabca", start=1)]
            assert await pool.score(asked) == [score_of(each) for each in asked]
            assert await pool.score([]) == []
            assert (pool.capacity, pool.aggregation, pool.context_length) == (16, "prod", 512)

    run_virtual(main())


def test_a_problem_stays_where_its_prefixes_are() -> None:
    """New problems are dealt out evenly, and every later call goes home."""

    async def main() -> None:
        pool, (one, two) = make_pool()
        async with pool:
            for _ in range(3):
                for name in "abcd":
                    await pool.score([path(name)])
        assert one.asked == ["a", "c"] * 3
        assert two.asked == ["b", "d"] * 3

    run_virtual(main())


def test_a_full_worker_lends_its_calls() -> None:
    """What does not fit goes to a worker with room, and stays home when none has any."""

    async def main() -> None:
        pool, (one, two) = make_pool()
        async with pool:
            await asyncio.gather(*(pool.score([path("a")] * 4) for _ in range(5)))
            await pool.score([path("a")])
        assert (len(one.asked), len(two.asked)) == (4, 2)

    run_virtual(main())


def test_the_innocent_get_their_scores_and_the_guilty_its_error() -> None:
    """A path that kills its worker is asked twice, the second time alone; so are its companions."""

    async def main() -> None:
        pool, (worker,) = make_pool("cpu")
        async with pool:
            found = await outcomes(
                *(pool.score([path(name)]) for name in "abc"),
                pool.score([path("bad", "fine"), path("bad", "fine", POISON)]),
                *(pool.score([path(name)]) for name in "de"),
            )
            late = await pool.score([path("late")])
            (statistics,) = await pool.statistics()
        assert found[:3] + found[4:] + [late] == [[score_of(path("a"))]] * 6
        with pytest.raises(VerificationError, match=r"2 paths of problem bad have .*twice"):
            raise found[3]
        assert not isinstance(found[3], VerifierUnavailable)
        assert worker.asked[:6] == ["a", "b", "c", "bad", "d", "e"]
        assert sorted(worker.asked[6:]) == sorted([*worker.asked[:6], "late"])
        assert all(len(together) == 1 for together in worker.together[6:])
        assert statistics.restarts == 2

    run_virtual(main())


def test_a_death_that_needs_company_is_forgiven() -> None:
    """What kills its worker beside others and not alone is answered."""

    async def main() -> None:
        pool, _ = make_pool("cpu")
        async with pool:
            found = await outcomes(pool.score([path("a")]), pool.score([path("b", MALICE)]))
        assert found == [[score_of(path("a"))], [score_of(path("b", MALICE))]]

    run_virtual(main())


def test_a_worker_that_dies_idle_is_started_when_somebody_looks() -> None:
    """Not only by the next call, which would have to wait for it."""

    async def main() -> None:
        pool, (one, _) = make_pool()
        async with pool:
            one.die()
            assert [s.state for s in await pool.statistics()] == ["loading", "ready"]
            await asyncio.sleep(one.load_seconds + 0.1)
            assert [s.state for s in await pool.statistics()] == ["ready", "ready"]
            one.die()
        await pool.statistics()  # of a closed one it starts nothing
        await asyncio.sleep(10)
        assert one.starts == 2

    run_virtual(main())


def test_others_take_over_while_a_worker_is_down() -> None:
    """Its suspects wait for it; every other call goes elsewhere, and nobody waits for a load."""

    async def main() -> None:
        pool, (one, two) = make_pool()
        async with pool:
            suspects = [asyncio.create_task(pool.score([path(name)])) for name in "abcd"]
            await asyncio.sleep(0.1)
            one.die()
            await asyncio.sleep(0)
            before = asyncio.get_running_loop().time()
            assert [s.state for s in await pool.statistics()] == ["loading", "ready"]
            await asyncio.gather(pool.score([path("a")]), pool.score([path("new")]))
            assert asyncio.get_running_loop().time() == before + 1.0
            assert await asyncio.gather(*suspects) == [[score_of(path("a"))]] * 4
            await pool.score([path("a")])
        assert one.asked == ["a", "c", "a", "c"]
        assert two.asked == ["b", "d", "a", "new", "a"]  # the problem has moved for good

    run_virtual(main())


def test_a_worker_that_dies_idle_is_started_again() -> None:
    """The next call sees to it, and waits for it when there is no other."""

    async def main() -> None:
        pool, (worker,) = make_pool("cpu")
        async with pool:
            worker.die()
            assert "loading" in repr(pool)
            assert await pool.score([path("a")]) == [score_of(path("a"))]
            assert "ready, pid 2, 1 restarts, 0 paths" in repr(pool)

    run_virtual(main())


def test_cancelled_suspects_hold_nobody_up() -> None:
    """Cancelled while they wait for their turn and while they have it."""

    async def main() -> None:
        pool, (worker,) = make_pool("cpu")
        async with pool:
            calls = [asyncio.create_task(pool.score([path(name)])) for name in "abcd"]
            await asyncio.sleep(0.1)
            worker.die()
            await asyncio.sleep(1)
            calls[1].cancel()
            await asyncio.sleep(2.5)  # loaded; the first one has its turn
            calls[0].cancel()
            found = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in found[:2]] == [asyncio.CancelledError] * 2
            assert found[2:] == [[score_of(path("c"))]] * 2
            assert worker.asked[4:] == ["a", "c", "d"]
            assert (await pool.statistics())[0].in_flight == 0

    run_virtual(main())


def test_what_a_cancelled_suspect_leaves_behind_is_not_held_against_the_next() -> None:
    """Its poison works on after the cancellation, when somebody else has the turn."""

    async def main() -> None:
        pool, (worker,) = make_pool("cpu")
        async with pool:
            calls = [asyncio.create_task(pool.score([path("bad", POISON)]))]
            calls.append(asyncio.create_task(pool.score([path("a")])))
            await asyncio.sleep(0.1)
            worker.die()
            await asyncio.sleep(3.2)  # loaded; the first one has its turn
            calls[0].cancel()
            assert await calls[1] == [score_of(path("a"))]
            assert worker.asked == ["bad", "a", "bad", "a", "a"]

    run_virtual(main())


def test_a_worker_that_cannot_start_again_is_given_up() -> None:
    """Its calls go to another; with nobody left the reason is said; it is tried now and then."""

    async def main() -> None:
        pool, (one, two) = make_pool()
        async with pool:
            calls = [asyncio.create_task(pool.score([path(name)])) for name in "abcd"]
            await asyncio.sleep(0.1)
            one.broken = "out of memory"
            one.die()
            assert await asyncio.gather(*calls) == [[score_of(path("a"))]] * 4
            first, _ = await pool.check()
            assert (first.ok, first.error) == (False, "cpu: out of memory")
            two.broken = "out of memory, too"
            two.die()
            with pytest.raises(VerifierUnavailable, match=r"started again: cpu: out of memory"):
                await pool.score([path("a")])
            one.broken = None
            await asyncio.sleep(60)
            assert await pool.score([path("a")]) == [score_of(path("a"))]
            assert [s.state for s in await pool.statistics()] == ["ready", "lost"]
            assert (await pool.check())[0].ok

    run_virtual(main())


def test_a_pool_that_cannot_load_says_why() -> None:
    """On entering, and nothing stays behind."""

    async def main() -> None:
        pool, (one, two) = make_pool()
        two.broken = "no weights here"
        with pytest.raises(VerifierUnavailable, match="no weights here"):
            await pool.__aenter__()
        assert not one.alive

    run_virtual(main())


def test_closing_ends_every_kind_of_waiting() -> None:
    """In flight, suspected, and waiting for a worker: all hear that the pool is closed."""

    async def main() -> None:
        for moment in (0.0, 0.6, 4.0):  # before the death, while it loads, during a retry
            pool, _ = make_pool("cpu")
            async with pool:
                calls = [
                    asyncio.create_task(pool.score([path(name)])) for name in ("a", "b", POISON)
                ]
                calls.append(asyncio.create_task(pool.score([path("c", POISON)])))
                await asyncio.sleep(moment)
                calls.append(asyncio.create_task(pool.score([path("late")])))
                await asyncio.sleep(0)
            await pool.aclose()
            for call in calls:
                with pytest.raises(VerifierUnavailable, match="the verifier pool is closed"):
                    await call
            assert len(asyncio.all_tasks()) == 1

    run_virtual(main())
