"""``solve()`` with nothing configured: the embedded model, shared by all callers of a loop."""

import asyncio
import os
import random
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import tts_async
from tests.patience import PATIENCE
from tts_async import BestOfN, Budget, ConfigurationError, Result
from tts_async.evaluation import load_problems

pytest.importorskip("torch", reason="the embedded model needs the [local] extra")


def children() -> set[int]:
    """The process ids of this process's children."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    if not path.exists():
        pytest.skip("needs /proc to list child processes")
    return {int(pid) for pid in path.read_text().split()}


def test_200_concurrent_calls_a_third_cancelled() -> None:
    """The rest are answered; no process, task or pending exception is left."""
    rng = random.Random(0)

    async def main() -> list[Result | BaseException]:
        calls = [
            asyncio.create_task(tts_async.solve(problem, strategy=BestOfN(n=2)))
            for problem in load_problems("arithmetic", limit=200)
        ]
        for victim in rng.sample(range(200), 66):
            await asyncio.sleep(rng.random() * 0.05)
            calls[victim].cancel()
        return await asyncio.gather(*calls, return_exceptions=True)

    before = children()
    results = asyncio.run(main())
    answered = [result for result in results if isinstance(result, Result)]
    cancelled = [result for result in results if isinstance(result, asyncio.CancelledError)]
    assert len(answered) + len(cancelled) == 200
    assert len(answered) >= 134
    right = sum(result.answer == result.problem.answer for result in answered)
    assert right / len(answered) > 0.3
    assert children() == before


async def test_same_seed_same_answer_and_budget_and_deadline() -> None:
    """The options of solve() reach the search."""
    one, two = [await tts_async.solve("(23*4)-(17+35)", seed=3) for _ in range(2)]
    assert [c.text for c in one.candidates] == [c.text for c in two.candidates]
    cut = await tts_async.solve("(23*4)-(17+35)", budget=Budget(expansions=1))
    assert cut.stop_reason == "budget"
    late = await tts_async.solve("(23*4)-(17+35)", deadline=0.0001)
    assert late.stop_reason == "deadline"


async def test_wrong_arguments_do_not_start_a_model() -> None:
    """A mistake is reported at once."""
    before = children()
    with pytest.raises(ConfigurationError, match="problem"):
        await tts_async.solve("  ")
    with pytest.raises(ConfigurationError, match="strategy"):
        await tts_async.solve("1+1", strategy="beam")
    assert children() == before


def test_solve_sync_works_inside_and_outside_of_a_loop() -> None:
    """As in a script and as in a notebook; the interpreter ends cleanly and leaves no process."""
    script = textwrap.dedent("""
        import asyncio, tts_async
        first = tts_async.solve_sync("(12*9)-(41+66)", strategy="majority")
        async def notebook_cell():
            return tts_async.solve_sync("(12*9)-(41+66)", strategy="majority")
        second = asyncio.run(notebook_cell())
        assert [c.text for c in first.candidates] == [c.text for c in second.candidates]
        print("answer", first.answer)
    """)
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("answer")
    assert run.stderr == ""
