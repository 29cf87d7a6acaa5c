"""Searches that are killed at random moments and resumed until they are done.

``python killed.py FOLDER KILLS SEED``: a program of its own that imports the package once and forks
a process for every life, so that fifty of them take seconds. Prints one JSON object: for every
scenario the final results, and what went wrong on the way.
"""

import asyncio
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tts_async import DVTS, BeamSearch, BestOfN, Majority, Problem, Result, Solver, Strategy
from tts_async.errors import JournalError
from tts_async.journal import identity, keys, read_results
from tts_async.journal.database import Database
from tts_async.journal.schema import open_for_reading
from tts_async.testing import RandomGenerator
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest

PROBLEMS = [Problem(f"problem {number}") for number in range(5)]
SCENARIOS: list[tuple[Strategy, bool]] = [
    (DVTS(n=8, beam_width=2), False),
    (BestOfN(n=16, early_stop=False), False),
    (BeamSearch(n=8, beam_width=4, lookahead=1), False),
    (DVTS(n=8, beam_width=4), True),
    (Majority(n=12, early_stop=False), False),
]
LONGEST_LIFE = 0.12
"""Seconds; a scenario needs several times as long."""


class Notebook:
    """Lines that survive a kill."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, kind: str, what: str) -> None:
        """On record when it returns."""
        os.write(self._file, f"{kind} {what}\n".encode())


class NotingGenerator(RandomGenerator):
    """In an order that differs from life to life; notes what it is asked for.

    ``longest`` is how long an answer takes at most, in seconds.
    """

    def __init__(self, notebook: Notebook, rng: random.Random, longest: float) -> None:
        super().__init__(depth=5, delay=lambda _: rng.uniform(0.1, 1.0) * longest, capacity=8)
        self._notebook = notebook

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """What ``RandomGenerator`` says."""
        conversation = keys.conversation_key(request.problem, request.system_prompt)
        key = keys.expansion_key(conversation, request)
        self._notebook.note("expansion", f"{key.hex()}/{request.n}")
        return await super().generate(request)


class NotingVerifier:
    """Scores by the digits of a step; notes what it is asked for."""

    aggregation = "min"
    key = b""

    def __init__(self, notebook: Notebook, rng: random.Random) -> None:
        self._notebook, self._rng = notebook, rng

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One number per step."""
        problems = [keys.problem_key(request.problem) for request in requests]
        for key in keys.score_keys(self.key, problems, requests):
            self._notebook.note("score", key.hex())
        await asyncio.sleep(self._rng.uniform(0.001, 0.01))
        return [[_score(step) for step in request.steps] for request in requests]


def _score(step: str) -> float:
    return (sum(map(ord, step)) % 97) / 97


async def search(folder: Path, scenario: int, life: int, journal: Path | None) -> list[Result]:
    """All problems, by their order; notes every result that is seen. Slow with a journal."""
    strategy, speculate = SCENARIOS[scenario]
    notebook = Notebook(folder / f"life-{life}")
    rng = random.Random(life)
    verifier = NotingVerifier(notebook, rng)
    NotingVerifier.key = (await identity.identify(verifier)).key
    results = []
    async with Solver(
        generator=NotingGenerator(notebook, rng, longest=0.03 if journal else 0.0),
        verifier=verifier,
        strategy=strategy,
        speculate=speculate,
        journal=journal,
    ) as solver:
        async for result in solver.solve_many(PROBLEMS):
            notebook.note("result", result.problem.id)
            results.append(result)
    return sorted(results, key=lambda result: result.problem.text)


def committed(journal: Path) -> dict[str, set[str]]:
    """What is in the file."""
    try:
        connection = open_for_reading(journal)
    except JournalError:  # killed before there was one
        return {"expansion": set(), "score": set(), "result": set()}
    with closing(connection):
        expansions = connection.execute("SELECT key, n FROM expansions").fetchall()
        scores = connection.execute("SELECT keys FROM scores").fetchall()
    return {
        "expansion": {f"{key.hex()}/{n}" for key, n in expansions},
        "score": {key.hex() for (joined,) in scores for key in keys.split_keys(joined)},
        "result": {result.problem.id for result in read_results(journal)},
    }


def noted(folder: Path, life: int) -> dict[str, list[str]]:
    """What a life was asked for and what it saw."""
    lines: dict[str, list[str]] = {"expansion": [], "score": [], "result": []}
    path = folder / f"life-{life}"
    for line in path.read_text().splitlines() if path.exists() else []:
        kind, what = line.split()
        lines[kind].append(what)
    return lines


def live(folder: Path, scenario: int, life: int, journal: Path, seconds: float | None) -> bool:
    """One process; whether it came to its end before it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            asyncio.run(search(folder, scenario, life, journal))
            code = 0
        except Exception:  # noqa: BLE001 - whatever it is, the parent has to see it
            traceback.print_exc()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == 0


def play(folder: Path, scenario: int, kills: int, rng: random.Random) -> dict[str, Any]:
    """Kill so many lives of one scenario, let the last one finish, and compare."""
    folder.mkdir()
    journal = folder / "journal.sqlite"
    faults: list[str] = []
    killed = life = 0
    ended = False
    while not ended:
        before = committed(journal)
        seconds = rng.uniform(0.005, LONGEST_LIFE) if killed < kills else None
        ended = live(folder, scenario, life, journal, seconds)
        killed += not ended
        asked, after = noted(folder, life), committed(journal)
        for kind in ("expansion", "score"):
            again = [what for what in asked[kind] if what in before[kind]]
            faults += [f"life {life} asked again for {kind} {what}" for what in again]
            faults += [f"life {life} lost {kind}" for _ in before[kind] - after[kind]]
        faults += [
            f"life {life} lost result {seen}" for seen in set(asked["result"]) - after["result"]
        ]
        life += 1
    whole = asyncio.run(search(folder, scenario, life, None))
    recorded = sorted(read_results(journal), key=lambda result: result.problem.text)
    resumed = asyncio.run(search(folder, scenario, life + 1, journal))
    return {
        "scenario": repr(SCENARIOS[scenario]),
        "killed": killed,
        "faults": faults,
        "asked_when_done": len(noted(folder, life + 1)["expansion"]),
        "uninterrupted": [_outcome(result) for result in whole],
        "recorded": [_outcome(result) for result in recorded],
        "resumed": [_outcome(result) for result in resumed],
    }


def create(folder: Path, kills: int, rng: random.Random) -> list[str]:
    """Kill processes that make a new journal; what came of it has to open."""
    faults = []
    for number in range(kills):
        path = folder / f"{number}.sqlite"
        child = os.fork()
        if child == 0:
            try:
                Database(path)
                time.sleep(60)
            finally:
                os._exit(1)
        time.sleep(rng.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        try:
            Database(path).close()
        except JournalError as error:
            faults.append(str(error))
    return faults


def _outcome(result: Result) -> dict[str, Any]:
    """Everything but the time it took and what was drawn for nothing."""
    data = result.to_dict()
    for measured in ("seconds", "queued_seconds", "wasted_tokens"):
        del data["spend"][measured]
    return data


def main(place: Path, kills: int, seed: int) -> dict[str, Any]:
    """Scenario after scenario until all kills are used up, and half as many journals begun."""
    rng, share = random.Random(seed), -(-kills // len(SCENARIOS))
    played: list[dict[str, Any]] = []
    left = kills
    while left > 0 or len(played) < len(SCENARIOS):
        number = len(played)
        folder, scenario = place / str(number), number % len(SCENARIOS)
        played.append(play(folder, scenario, min(share, left), rng))
        left -= played[-1]["killed"]
    return {"created": create(place, kills // 2, rng), "scenarios": played}


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])), sys.stdout)
