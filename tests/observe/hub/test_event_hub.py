"""What those who look on are told, in virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from tests.observe.tree.made import small
from tts_async import DVTS, Greedy, Problem, Solver
from tts_async.observe import EventHub
from tts_async.observe.hub import Frame, LaneRecord, event_hub
from tts_async.observe.hub.typeset_answers import load_typesetter
from tts_async.observe.hub.watched_search import WatchedSearch
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.events import SearchFinished, SearchStarted

DELAY = 0.35
load_typesetter()  # from the disk, before there is an event loop


class Viewer:
    """Puts frames together as a page does."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.searches: dict[int, dict[str, Any]] = {}
        self.nodes: dict[int, dict[str, Any]] = {}
        self.outcome: dict[str, Any] | None = None

    def take(self, frame: Frame) -> None:
        """One more."""
        self.frames.append(frame)
        data = msgspec.json.decode(msgspec.json.encode(frame))
        self.searches |= {record["search"]: record for record in data.get("searches", ())}
        if "known" in data:
            self.searches = {n: self.searches[n] for n in data["known"]}
        tree = data.get("tree", {"nodes": []})
        self.nodes |= {record["number"]: record for record in tree["nodes"]}
        self.outcome = tree.get("outcome", self.outcome)

    @property
    def states(self) -> dict[int, str]:
        """How each search stands."""
        return {n: record.get("state", "running") for n, record in self.searches.items()}


def solver(hub: EventHub, *, depth: int = 3, delay: float = DELAY) -> Solver:
    """On random trees; the first digit of a step is its score."""
    return Solver(
        generator=RandomGenerator(depth=depth, delay=delay),
        verifier=ScriptedVerifier(
            lambda text: int(text[-2:-1]) / 10 if text[-2].isdigit() else 0.5
        ),
        strategy=DVTS(n=8, beam_width=4),
        observers=[hub],
    )


async def look(hub: EventHub, viewer: Viewer, *, pause: float = 0.0, **options: Any) -> None:
    """Look on, taking ``pause`` seconds over each frame, until the hub is closed."""
    async with aclosing(hub.subscribe(**options)) as frames:
        async for frame in frames:
            viewer.take(frame)
            await asyncio.sleep(pause)


def watched(
    problems: Sequence[Problem], *viewers: tuple[float, float, dict[str, Any]], **options: Any
) -> list[Viewer]:
    """Search together, with viewers that come at a time, are so slow, and want these things."""

    async def main() -> list[Viewer]:
        hub = EventHub()

        async def view(at: float, pause: float, wishes: dict[str, Any]) -> Viewer:
            viewer = Viewer()
            await asyncio.sleep(at)
            await look(hub, viewer, pause=pause, **wishes)
            return viewer

        async with asyncio.TaskGroup() as group:
            looking = [group.create_task(view(*viewer)) for viewer in viewers]
            async with solver(hub, **options) as open_solver, asyncio.TaskGroup() as searches:
                for problem in problems:
                    searches.create_task(open_solver.solve(problem))
            await asyncio.sleep(1)
            hub.close()
        return [task.result() for task in looking]

    return run_virtual(main())


def test_fast_slow_and_late_viewers_see_the_same_in_the_end() -> None:
    """A slow one gets fewer frames, and nothing is missing in them."""
    problems = [Problem("a"), Problem("b")]
    viewers = watched(
        problems, (0, 0, {"tree_of": 0}), (0, 1.5, {"tree_of": 0}), (0.8, 0, {"tree_of": 0})
    )
    fast, slow, late = viewers
    assert fast.states == {0: "finished", 1: "finished"}
    assert len(fast.nodes) == fast.searches[0]["nodes"] == 32
    for other in (slow, late):
        assert (other.searches, other.nodes, other.outcome) == (
            fast.searches,
            fast.nodes,
            fast.outcome,
        )
    assert len(slow.frames) < len(fast.frames) / 2
    assert fast.outcome is not None
    assert fast.outcome["candidates"][0].keys() >= {"number", "group", "answer"}
    assert sum(votes["count"] for votes in fast.outcome["votes"]) == 8


def test_frames_are_few_however_much_happens() -> None:
    """At most ten a second; each search is in it once."""
    problems = [Problem(str(n)) for n in range(50)]
    (viewer,) = watched(problems, (0, 0, {"tree_of": 7}), delay=0.01, depth=12)
    moments = [frame.at for frame in viewer.frames]
    assert all(b - a > 0.099 for a, b in pairwise(moments))
    assert max(len(frame.searches) for frame in viewer.frames) == 50
    assert set(viewer.states.values()) == {"finished"}


def test_many_viewers_share_the_frames_of_twenty() -> None:
    """Each gets fewer, and sees the same in the end."""
    viewers = watched([Problem("a")], *[(0, 0, {"tree_of": 0})] * 60)
    assert all(b - a > 0.29 for a, b in pairwise(frame.at for frame in viewers[0].frames))
    assert [viewer.states for viewer in viewers] == [{0: "finished"}] * 60
    assert all(len(viewer.nodes) == 32 for viewer in viewers)


def test_what_is_passed_over_fades_while_the_search_runs() -> None:
    """Three of four steps of each subtree, before there is a result."""
    (viewer,) = watched([Problem("a")], (0, 0, {"tree_of": 0}))
    middle = Viewer()
    for frame in viewer.frames:
        if frame.at < 1.5 * DELAY:
            middle.take(frame)
    faded = [record for record in middle.nodes.values() if record.get("pruned")]
    growing = [record for record in middle.nodes.values() if record.get("growing")]
    assert (len(faded), len(growing)) == (6, 2)
    assert middle.outcome is None


def test_a_tenant_sees_its_own() -> None:
    """Neither lines, nor numbers, nor trees of others."""
    problems = [Problem("mine", tenant="me"), Problem("secret", tenant="other")]

    def mine(tenant: str) -> bool:
        return tenant == "me"

    (viewer,) = watched(problems, (0, 0, {"sees": mine, "tree_of": 1}))
    assert viewer.states == {0: "finished"}
    assert viewer.nodes == {}
    assert all(b"secret" not in msgspec.json.encode(frame) for frame in viewer.frames)


def test_only_the_latest_are_kept_and_of_each_tenant_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever has most loses its oldest; a viewer hears which are left."""
    monkeypatch.setattr(event_hub, "KEPT", 4)
    problems = [Problem("x", tenant="quiet")] + [
        Problem(str(n), tenant="busy", deadline=5 + n) for n in range(9)
    ]
    (viewer,) = watched(problems, (0, 0, {}))
    assert len(viewer.searches) == 4
    assert viewer.searches[0]["problem"] == "x"


def test_failed_and_cancelled_searches_say_so() -> None:
    """With the kind of error, whose words are not for everybody, and without an outcome."""

    async def main() -> Viewer:
        hub, viewer = EventHub(), Viewer()
        script = {"": [ValueError("no such luck at http://inside"), "x"]}
        generator = ScriptedGenerator(script, delay=3)
        async with asyncio.TaskGroup() as group:
            group.create_task(look(hub, viewer, tree_of=1))
            async with Solver(generator=generator, observers=[hub]) as solver:
                first = asyncio.create_task(solver.solve("a", strategy=Greedy()))
                second = asyncio.create_task(solver.solve("b", strategy=Greedy()))
                await asyncio.sleep(1)
                second.cancel()
                await asyncio.wait([first, second])
                assert isinstance(first.exception(), Exception)
            await asyncio.sleep(1)
            hub.close()
        return viewer

    viewer = run_virtual(main())
    assert viewer.states == {0: "failed", 1: "cancelled"}
    assert viewer.searches[0]["error"] == "ValueError"
    assert not any(b"http://inside" in msgspec.json.encode(frame) for frame in viewer.frames)
    assert viewer.outcome is None


def test_a_search_recalled_from_a_journal_comes_whole() -> None:
    """It has a start and an end and nothing in between."""

    async def main() -> Frame:
        hub, result = EventHub(), small()
        about = {"problem_id": "p1", "search": 1}
        hub(SearchStarted(**about, at=0.0, problem=result.problem, strategy="DVTS(n=4)"))
        hub(SearchFinished(**about, at=0.1, result=result))
        async with aclosing(hub.subscribe(tree_of=1)) as frames:
            return await anext(frames)

    viewer = Viewer()
    viewer.take(run_virtual(main()))
    assert (viewer.searches[1]["nodes"], viewer.searches[1]["depth"]) == (6, 2)
    assert [viewer.nodes[n]["parent"] for n in range(6)] == [-1, 0, 0, -1, 3, -1]
    assert viewer.outcome is not None
    assert (viewer.outcome["winner"], viewer.outcome["stood"]) == (1, 2)


def test_when_nothing_happens_the_machine_is_still_told() -> None:
    """Twice a second, so that a proxy keeps the connection, and the minute goes on."""

    async def main() -> Viewer:
        hub, viewer = EventHub(), Viewer()
        hub.watch(lambda: [LaneRecord(name="generation", capacity=8, in_use=3, queued=2)])
        async with asyncio.TaskGroup() as group:
            group.create_task(look(hub, viewer))
            await asyncio.sleep(5)
            hub.close()
        return viewer

    frames = run_virtual(main()).frames
    assert 8 <= len(frames) <= 11
    machines = [frame.machine for frame in frames]
    assert all(machine is not None and machine.lanes[0].in_use == 3 for machine in machines)


def test_texts_that_are_no_unicode_and_lanes_that_are_away() -> None:
    """A model may say anything, and a closed solver has no lanes: neither ends the view."""

    def gone() -> Sequence[LaneRecord]:
        raise RuntimeError("closed")

    async def main() -> bytes:
        hub = EventHub()
        hub.watch(gone)
        problem = Problem("lone \ud800 surrogate", metadata={"user": "\udfff"})
        hub(SearchStarted(problem_id="p", search=1, at=0.0, problem=problem, strategy="x" * 999))
        async with aclosing(hub.subscribe()) as frames:
            return msgspec.json.encode(await anext(frames))

    data = msgspec.json.decode(run_virtual(main()))
    (record,) = data["searches"]
    assert (record["problem"], record["user"]) == ("lone ? surrogate", "?")
    assert len(record["strategy"]) <= 60
    assert data["machine"]["lanes"] == []


@pytest.mark.parametrize(
    ("strategy", "label"),
    [
        (DVTS(n=16), "DVTS, n = 16"),
        (Greedy(), "Greedy"),
        (lambda _: None, "lambda"),
    ],
)
def test_a_strategy_in_a_few_words(strategy: Callable[..., Any], label: str) -> None:
    """Its name and its n, or whatever its writer called it."""
    started = SearchStarted(
        problem_id="p", search=1, at=0.0, problem=Problem("x"), strategy=repr(strategy)
    )
    assert WatchedSearch(started).record.strategy == label
