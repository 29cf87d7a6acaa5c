"""The formats: TRL's, with our columns and without, and ProcessBench's."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.training.coin import solution
from tts_async import Problem
from tts_async.errors import ConfigurationError, DatasetError, InvalidScores
from tts_async.training import LabelledSolution, label_by_rule, read_labelled
from tts_async.training.rules import check_arithmetic


def write(path: Path, *rows: dict[str, Any]) -> Path:
    """A file of these rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_row_of_ours_is_a_row_of_trl(tmp_path: Path) -> None:
    """Prompt, completions and labels, of equal number; the steps without what joins them."""
    drawn = solution("## Step 1: 2*3 = 6\n6", r"Therefore, the final answer is: $\boxed{7}$.")
    label_by_rule(lambda problem, steps: [True, False], [drawn], tmp_path / "out")
    row = json.loads((tmp_path / "out").read_text())
    assert row["prompt"] == "what is it?"
    assert row["completions"] == [step.removesuffix("\n\n") for step in drawn.steps]
    assert row["labels"] == [True, False]
    assert "shares" not in row


@pytest.mark.parametrize("shares", [None, (0.25, 0.0)])
def test_round_trip(tmp_path: Path, shares: tuple[float, ...] | None) -> None:
    """What was written is what is read."""
    row = LabelledSolution(
        problem=Problem("p", id="7"),
        steps=("one\nand a half\n\n", "zwölf"),
        labels=(True, False),
        shares=shares,
        sample=3,
        labelled_by="hand",
    )
    assert read_labelled(write(tmp_path / "rows", row.to_dict())) == [row]
    assert row.targets == (shares or (1.0, 0.0))


def test_a_row_that_trl_itself_would_read(tmp_path: Path) -> None:
    """Labels may be numbers, and nothing else is needed."""
    row = {"prompt": "p", "completions": ["a", "b"], "labels": [1, 0]}
    (found,) = read_labelled(write(tmp_path / "rows", row))
    assert (found.steps, found.labels, found.sample) == (("a\n\n", "b"), (True, False), 0)


def test_process_bench(tmp_path: Path) -> None:
    """The labels of an erroneous solution end with its first error."""
    steps = ["first", "second\n\nwith a blank line", "third"]
    row = {"id": "math-1", "problem": "p", "steps": steps, "final_answer_correct": False}
    path = write(tmp_path / "rows", {**row, "label": 1}, {**row, "label": -1})
    wrong, right = read_labelled(path)
    assert wrong.steps == ("first\n\n", "second\n\nwith a blank line\n\n", "third")
    assert (wrong.labels, right.labels) == ((True, False), (True, True, True))
    assert wrong.problem.id == "math-1"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"completions": ["a"], "labels": [True]}, "no column 'prompt' with a str"),
        ({"prompt": " ", "completions": ["a"], "labels": [True]}, "'prompt' is empty"),
        ({"prompt": "p", "completions": [], "labels": []}, "'completions' must be a list of steps"),
        ({"prompt": "p", "completions": ["a", " "], "labels": [1, 1]}, "none of them empty"),
        (
            {"prompt": "p", "completions": ["a"], "labels": [True, True]},
            "each of the 1 completions",
        ),
        ({"prompt": "p", "completions": ["a"], "labels": ["+"]}, "'labels' must be a boolean"),
        (
            {"prompt": "p", "completions": ["a"], "labels": [True], "shares": [1.5]},
            r"'shares' must be a number in \[0, 1\]",
        ),
        ({"problem": "p", "steps": ["a"], "label": 1}, "first wrong of 1 steps, or -1, got 1"),
        ({"problem": "p", "steps": ["a"], "label": None}, "got None"),
    ],
)
def test_a_row_that_cannot_be_used(tmp_path: Path, row: dict[str, Any], complaint: str) -> None:
    """The message names file and line, and what was expected."""
    with pytest.raises(DatasetError, match=rf"rows, line 1: .*{complaint}"):
        read_labelled(write(tmp_path / "rows", row))


def test_rules_label_whole_solutions_and_continue(tmp_path: Path) -> None:
    """A second call adds what is new; labels by another rule do not mix with these."""
    asked: list[int] = []

    def count(problem: Problem, steps: Sequence[str]) -> list[bool]:
        asked.append(len(steps))
        return [True] * len(steps)

    drawn = [solution("a", "b", sample=0), solution("a", sample=1)]
    assert label_by_rule(count, drawn[:1], tmp_path / "out") == 1
    assert label_by_rule(count, drawn, tmp_path / "out") == 1
    assert asked == [2, 1]
    with pytest.raises(ConfigurationError, match=r"holds labels by 'rule .*count'"):
        label_by_rule(check_arithmetic, drawn, tmp_path / "out")


def test_a_rule_that_miscounts_is_an_error(tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(InvalidScores, match="gave 1 labels for 2 steps of problem"):
        label_by_rule(lambda problem, steps: [True], [solution("a", "b")], tmp_path / "out")
    assert not (tmp_path / "out").read_text()


def test_the_rule_of_the_embedded_task() -> None:
    """Local labels: the step after a slip can be right again. Words are no obstacle."""
    steps = [
        "## Step 1: 2*3 = 7\n7+4\n\n",
        "## Step 2: 7+4 = 11\n11\n\n",
        r"Therefore, the final answer is: $\boxed{11}$.",
    ]
    plain, said = Problem("2*3+4"), Problem("Compute 2*3+4.", metadata={"expression": "2*3+4"})
    assert check_arithmetic(plain, steps) == check_arithmetic(said, steps) == [False, True, True]
