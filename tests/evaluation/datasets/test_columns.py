"""Which column means what, by its usual name or as told, and where answers hide."""

from typing import Any

import pytest

from tts_async.evaluation.datasets import Columns, level_of, subject_of
from tts_async.evaluation.datasets.bad_rows import BadRow


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"question": "q", "answer": "They are 3.\n#### 1,234\n"}, "1,234"),  # GSM8K
        ({"problem": "q", "solution": r"so $\boxed{\frac{1}{2}}$."}, r"\frac{1}{2}"),  # MATH
        ({"ID": "2024-II-4", "Problem": "q", "Solution": "…", "Answer": 33}, "33"),  # AIME
        ({"question": "q", "final_answer": ["$5$"], "solution": ["…"]}, "$5$"),  # OlympiadBench
        ({"problem": "q", "answer": None, "solution": r"\boxed{7}"}, "7"),
        ({"problem": "q", "answer": "7", "solution": r"\boxed{8}"}, "7"),
        ({"problem": "q", "answer": r"\boxed{5}"}, "5"),
        ({"problem": "q", "answer": "a #### b"}, "a #### b"),
        ({"problem": "q", "question": "?", "answer": 204.0}, "204.0"),
    ],
)
def test_known_data_sets_need_no_names(row: dict[str, Any], answer: str) -> None:
    """The columns of published data sets are found as they are."""
    problem = Columns().read(row)
    assert (problem.text, problem.answer) == ("q", answer)


def test_names_as_told() -> None:
    """Names that are given count exactly, for every meaning."""
    row = {"task": "q", "key": 5, "no": 17, "difficulty": "hard, 4", "area": "Geometry", "x": 1}
    columns = Columns(problem="task", answer="key", id="no", level="difficulty", subject="area")
    problem = columns.read(row)
    assert (problem.text, problem.answer, problem.id) == ("q", "5", "17")
    assert (level_of(problem), subject_of(problem)) == (4, "Geometry")
    assert dict(problem.metadata) == {"level": "hard, 4", "subject": "Geometry", "x": 1}
    for meaning in ("problem", "answer", "id", "level", "subject"):
        with pytest.raises(BadRow, match=r"no column 'TASK' \(it has 'task', 'key'"):
            Columns(**{"problem": "task", "answer": "key", meaning: "TASK"}).read(row)


@pytest.mark.parametrize(
    ("level", "number"),
    [(3, 3), ("Level 12", 12), (3.0, 3), ("3.0", 3), ("Level ?", None), (float("nan"), None)],
)
def test_levels(level: object, number: int | None) -> None:
    """Whatever a table makes of them: a column with gaps is one of fractions."""
    row = {"problem": "q", "answer": "1", "level": level}
    assert level_of(Columns().read(row)) == number


def test_the_usual_names_of_traits() -> None:
    """MATH says type for its subject; an empty id is none."""
    problem = Columns().read(
        {"problem": "q", "answer": 1, "id": None, "Level": "Level 3", "type": "Algebra"}
    )
    assert (level_of(problem), subject_of(problem)) == (3, "Algebra")
    assert problem.id
