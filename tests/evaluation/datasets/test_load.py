"""Problems come in whole and named, or the message says where and why not."""

from pathlib import Path

import pytest

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets import Columns, level_of, subject_of
from tts_async.types.problem import Problem


def write(folder: Path, text: str) -> Path:
    """A file of problems."""
    path = folder / "set.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_arithmetic_is_balanced_over_levels_also_in_part() -> None:
    """Levels take turns, so the first ten problems already hold two of each."""
    problems = load_problems("arithmetic", limit=12)
    assert [level_of(problem) for problem in problems] == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    assert len({problem.id for problem in problems}) == 12
    assert all(problem.answer and problem.answer.isdecimal() for problem in problems)


def test_arithmetic_depends_on_the_seed_alone() -> None:
    """The same seed gives the same problems, a smaller limit the first of them."""
    few, many = load_problems("arithmetic", limit=5), load_problems("arithmetic", limit=20)
    assert few == many[:5]
    assert few != load_problems("arithmetic", limit=5, seed=1)
    assert len(load_problems("arithmetic")) == 100


def test_one_level_of_arithmetic() -> None:
    """A level is all that comes; one that does not exist is an error."""
    assert {level_of(p) for p in load_problems("arithmetic", level=3, limit=7)} == {3}
    with pytest.raises(ConfigurationError, match="levels 1 to 5"):
        load_problems("arithmetic", level=6)


def test_file_with_all_kinds_of_columns(tmp_path: Path) -> None:
    """Numbers become text, ids are kept, and everything else is metadata."""
    path = write(
        tmp_path,
        '{"problem": "1+1", "answer": 2, "unique_id": "a", "level": "Level 2"}\n'
        "\n"
        '{"problem": "a line\\u2028separator", "answer": "3", "id": 7, "subject": "Algebra"}\n',
    )
    first, second = load_problems(path)
    assert (first.text, first.answer, first.id, level_of(first)) == ("1+1", "2", "a", 2)
    assert (second.id, dict(second.metadata), level_of(second)) == (
        "7",
        {"subject": "Algebra"},
        None,
    )


def test_the_subject() -> None:
    """Where a problem has one."""
    assert subject_of(Problem("p", metadata={"subject": " Algebra "})) == "Algebra"
    assert subject_of(Problem("p", metadata={"subject": None})) is None
    assert subject_of(Problem("p", metadata={"subject": ""})) is None
    assert subject_of(Problem("p")) is None


def test_a_raw_line_separator_does_not_end_a_line(tmp_path: Path) -> None:
    """U+2028 may stand inside a JSON string as it is."""
    assert len(load_problems(write(tmp_path, '{"problem": "a\u2028b", "answer": "1"}'))) == 1


def test_ids_become_unique(tmp_path: Path) -> None:
    """Repeated ids, also those that come from repeated texts, are numbered."""
    row = '{"problem": "p", "answer": "1", "id": "x"}\n'
    taken = '{"problem": "p", "answer": "1", "id": "x#2"}\n'
    problems = load_problems(write(tmp_path, taken + 3 * row + 2 * row.replace(', "id": "x"', "")))
    ids = [problem.id for problem in problems]
    assert ids[:4] == ["x#2", "x", "x#3", "x#4"]
    assert len(set(ids)) == 6


def test_level_and_limit_of_a_file(tmp_path: Path) -> None:
    """The level is filtered first, then the first rows are taken, in the order of the file."""
    rows = "".join(f'{{"problem": "p{i}", "answer": "1", "level": {i % 2}}}\n' for i in range(10))
    path = write(tmp_path, rows)
    assert [problem.text for problem in load_problems(path, level=1, limit=2)] == ["p1", "p3"]
    with pytest.raises(DatasetError, match="no problem of level 9"):
        load_problems(path, level=9)
    with pytest.raises(ConfigurationError, match="limit: must be at least 1"):
        load_problems(path, limit=0)
    assert len(load_problems(path, limit=10**30)) == len(load_problems(path))
    with pytest.raises(ConfigurationError, match="limit: arithmetic gives up to 100,000"):
        load_problems("arithmetic", limit=10**30)


def test_what_is_behind_the_limit_is_not_read(tmp_path: Path) -> None:
    """Neither a bad row there nor the size of the file matters."""
    path = write(tmp_path, 3 * '{"problem": "p", "answer": "1"}\n' + "no JSON at all\n")
    assert len(load_problems(path, limit=3)) == 3
    with pytest.raises(DatasetError, match="line 4"):
        load_problems(path, limit=4)


def test_options_that_mean_nothing(tmp_path: Path) -> None:
    """A split of one file, or of the built-in problems, is an error and not ignored."""
    path = write(tmp_path, '{"problem": "p", "answer": "1"}')
    with pytest.raises(ConfigurationError, match=r"split: .* is one file"):
        load_problems(path, split="test")
    with pytest.raises(ConfigurationError, match="split: the built-in"):
        load_problems("arithmetic", split="test")
    with pytest.raises(ConfigurationError, match=r"columns \(.*\): the built-in"):
        load_problems("arithmetic", columns=Columns(problem="question"))


DATA = Path(__file__).parents[4] / "shared" / "data"


@pytest.mark.skipif(not DATA.exists(), reason=f"no data sets at {DATA}")
@pytest.mark.parametrize(
    ("name", "count", "levels", "subjects"),
    [("math500", 500, {1, 2, 3, 4, 5}, 7), ("aime24", 30, {None}, 0), ("amc23", 40, {None}, 0)],
)
def test_the_published_ones(name: str, count: int, levels: set[int | None], subjects: int) -> None:
    """MATH-500, AIME 2024 and AMC 2023 as they are."""
    problems = load_problems(DATA / f"{name}.jsonl")
    assert len(problems) == count == len({problem.id for problem in problems})
    assert all(problem.answer for problem in problems)
    assert {level_of(problem) for problem in problems} == levels
    assert len({subject_of(problem) for problem in problems} - {None}) == subjects


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, a folder, not text, nothing in it: an error each."""
    with pytest.raises(ConfigurationError, match="dataset: no name"):
        load_problems("")
    for name in ("none", "none.parquet", "owner/none.csv"):
        with pytest.raises(DatasetError, match="no such file; give a JSONL, JSON, CSV or Parquet"):
            load_problems(tmp_path / name)
    for name in ("set.jsonl", "set.csv", "set.json"):
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
        with pytest.raises(DatasetError, match=rf"{name}.*(utf-8|UTF-8)"):
            load_problems(tmp_path / name)
    with pytest.raises(DatasetError, match="no problems in it"):
        load_problems(write(tmp_path, "\n"))
