"""The same beams and the same predictions as search-and-learn's, on the same scripted models.

The golden files are what search-and-learn itself did (``make_golden.py`` says how).
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.strategies.reference.script import Script
from tests.strategies.reference.scripted import ScriptGenerator, ScriptVerifier
from tts_async import Problem, Result, Solver
from tts_async.strategies import make_strategy
from tts_async.strategies.reference import predictions
from tts_async.testing import run_virtual

Case = Mapping[str, Any]

GOLDEN = Path(__file__).parent / "searches.json.gz"
CASES: list[Case] = json.loads(gzip.decompress(GOLDEN.read_bytes()))["cases"]
COLUMNS = {"naive": "pred_naive", "weighted": "pred_weighted", "majority": "pred_maj"}


def name_of(case: Case) -> str:
    """Search and what is special."""
    return f"{case['approach']}: {case['name']}"


async def solve_all(case: Case, select: str = "weighted") -> list[Result]:
    """All problems of a case at the same time, whatever the batches were there."""
    config, script = dict(case["config"]), Script(**case["script"])
    aggregation = config.pop("agg_strategy", "last")
    config.pop("search_batch_size", None)
    if "num_iterations" in config:
        config["max_steps"] = config.pop("num_iterations")
    strategy = make_strategy(f"sal_{case['approach']}", select=select, **config)
    problems = [Problem(text) for text in case["problems"]]
    async with Solver(
        generator=ScriptGenerator(script),
        verifier=ScriptVerifier(script),
        aggregation=aggregation,
        max_in_flight=len(problems),
    ) as solver:
        many = solver.solve_many(problems, strategy=strategy, ordered=True)
        return [result async for result in many]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_same_beams_and_predictions(case: Case) -> None:
    """Texts, scores of all steps, and all three predictions at every power of two."""
    results = run_virtual(solve_all(case))
    for result, row in zip(results, case["rows"], strict=True):
        assert [candidate.text for candidate in result.candidates] == row["completions"]
        assert [candidate.score for candidate in result.candidates] == last_of(row["scores"])
        if not case["config"].get("lookahead"):  # else, scores may be those of a longer text
            found = [scores_of(result, candidate.path) for candidate in result.candidates]
            assert found == row["scores"]
        expected = {key: value for key, value in row.items() if key.startswith("pred_")}
        assert predictions(result.candidates) == expected


@pytest.mark.parametrize("select", COLUMNS)
def test_the_answer_is_the_prediction(select: str) -> None:
    """Of all ``n`` candidates."""
    for case in CASES[::4]:
        key = f"{COLUMNS[select]}@{case['config'].get('n', 4)}"
        for result, row in zip(run_virtual(solve_all(case, select)), case["rows"], strict=True):
            if key in row:  # there, powers of two only
                assert f"\\boxed{{{result.answer}}}" == row[key]


def scores_of(result: Result, path: tuple[int, ...]) -> list[float]:
    """Of a whole path; the last score of a node in the middle was for an empty step after it."""
    scores: list[float] = []
    for depth in range(1, len(path) + 1):
        node = result.tree[path[:depth]]
        own = node.step_scores or ()
        scores += own if depth == len(path) else own[:-1]
    return scores


def last_of(scores: Sequence[Sequence[float]]) -> list[float]:
    """The score that votes, whatever the search aggregated by."""
    return [steps[-1] for steps in scores]


def test_every_quirk_occurs() -> None:
    """The golden files would prove little if everything in them were ordinary."""
    rows = [(case, row) for case in CASES for row in case["rows"]]
    beams = [row for case, row in rows if case["approach"] == "beam_search"]
    trees = [row for case, row in rows if case["approach"] == "dvts"]
    assert any(len(set(row["completions"])) < len(row["completions"]) for row in beams)  # repeated
    assert any("$.\n\n" in text for row in beams for text in row["completions"])  # went on
    assert any(text.endswith("\n\n") for row in trees for text in row["completions"])  # unfinished
    assert any(text.endswith("and 1") for _, row in rows for text in row["completions"])  # cut
    assert any(text == "" for _, row in rows for text in row["completions"])
    assert any(value == r"\boxed{}" for _, row in rows for value in row.values())
