"""Labels of steps, by the answers that go on from them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.from_search.trees import RIGHT, SMALL, WORSE, WRONG, rows_of, search
from tts_async.errors import ConfigurationError
from tts_async.training import StepLabels, read_labelled


async def test_labels_by_hand() -> None:
    """Up to the first step from which no answer is right: behind c nothing is labelled."""
    rows = await rows_of(StepLabels())
    assert [(row["completions"], row["labels"]) for row in rows] == [
        (["a", RIGHT], [True, True]),
        (["a", WRONG], [True, False]),
        (["b", "c"], [True, False]),
        (["b", RIGHT], [True, True]),
        (["a", WORSE], [True, False]),
    ]
    assert all(row["prompt"] == "what is it?" for row in rows)
    assert all("shares" not in row for row in rows)
    assert [row["provenance"]["path"] for row in rows] == [[0, 0], [0, 1], [1, 0, 0], [1, 1], [3]]


async def test_shares_by_hand() -> None:
    """One of three answers after a is right, one of two after b."""
    a, b = pytest.approx(1 / 3), 0.5
    rows = await rows_of(StepLabels(soft=True))
    assert [row["shares"] for row in rows] == [[a, 1], [a, 0], [b, 0], [b, 1], [a, 0]]


async def test_only_steps_that_enough_answers_speak_for() -> None:
    """Three begin with a, two with b; no longer beginning has two."""
    rows = await rows_of(StepLabels(min_answers=2))
    assert [row["completions"] for row in rows] == [["a"], ["b"]]
    assert [row["labels"] for row in rows] == [[True], [True]]
    rows = await rows_of(StepLabels(min_answers=3))
    assert [row["completions"] for row in rows] == [["a"]]


async def test_the_rows_are_those_that_training_reads(tmp_path: Path) -> None:
    """The same columns as ``label`` writes, and one more."""
    rows = await rows_of(StepLabels(soft=True))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    solutions = read_labelled(path)
    assert [solution.targets for solution in solutions] == [tuple(row["shares"]) for row in rows]
    assert solutions[2].steps == ("b\n\n", "c")
    assert len({solution.key for solution in solutions}) == len(solutions)


async def test_a_beginning_that_also_is_an_answer() -> None:
    """To end there and to go on are two things, which a verifier cannot tell: the first counts."""
    specs: list[Any] = [("0", RIGHT, "stop", 0.5), ("1", f"{RIGHT}\n\nor {WRONG}", "stop", 0.5)]
    rows = await rows_of(StepLabels(), search(specs))
    assert [(row["completions"], row["labels"]) for row in rows] == [([RIGHT], [True])]


async def test_wrong_from_the_first_step() -> None:
    """Such a row ends there, and is written once."""
    specs: list[Any] = [("0", "d\n\n", "step", 0.1), ("0.0", WRONG, "stop", 0.1)]
    specs += [("0.1", WORSE, "stop", 0.1), *(s for s in SMALL if s[0].startswith("1"))]
    first, *_ = rows = await rows_of(StepLabels(), search(specs))
    assert (first["completions"], first["labels"]) == (["d"], [False])
    assert len(rows) == 3


def test_wrong_settings() -> None:
    """Named, with what would be right."""
    with pytest.raises(ConfigurationError, match="by: expected one of reference; got 'vote'"):
        StepLabels(by="vote")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="min_answers: must be at least 1, got 0"):
        StepLabels(min_answers=0)
