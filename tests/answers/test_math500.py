"""The 500 gold solutions of MATH-500: every answer is found and recognised."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tts_async.answers import AnswerChecker, extract_answer, has_final_answer

DATA = Path(__file__).parents[3] / "shared" / "data" / "math500.jsonl"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"MATH-500 is not at {DATA}")


def load_rows() -> list[dict[str, Any]]:
    """The problems with their gold solutions and answers."""
    return [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


async def test_every_gold_solution_gives_its_answer() -> None:
    """All 500, no exception; almost all of them at a glance."""
    started = time.process_time()
    async with AnswerChecker(time_limit=20) as checker:
        wrong = []
        for row in load_rows():
            extracted = extract_answer(row["solution"])
            assert has_final_answer(row["solution"])
            if extracted is None or not await checker.equal(extracted, row["answer"]):
                wrong.append((row["unique_id"], extracted, row["answer"]))
        assert wrong == []
        assert checker.statistics().expired == 0
    assert time.process_time() - started < 10


async def test_answers_survive_their_trial() -> None:
    """No gold answer (a sample of a third) is too hard to evaluate or takes down the process."""
    rows = [row for row in load_rows() if not row["answer"].lstrip("-").isdigit()][::3]
    async with AnswerChecker(time_limit=20) as checker:
        for row in rows:
            assert not await checker.equal(row["answer"], "7919")
        assert checker.statistics().expired == 0
        assert checker.statistics().crashed == 0
