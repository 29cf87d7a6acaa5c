"""Problems come in whole and named, or the message says where and why not."""

from pathlib import Path

import pytest

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets import level_of


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


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('[{"problem": "p", "answer": "1"}]', "expected a JSON object, got list"),
        (
            '{"question": "p", "answer": "1"}',
            r"no column 'problem' \(it has 'question', 'answer'\)",
        ),
        ('{"problem": "p"}', "no column 'answer'"),
        ('{"problem": " ", "answer": "1"}', "'problem' is empty"),
        ('{"problem": "p", "answer": null}', "'answer' is null"),
        ('{"problem": "p", "answer": true}', "'answer' is true"),
    ],
)
def test_bad_rows_name_file_line_and_fix(tmp_path: Path, line: str, message: str) -> None:
    """The message starts with the file and the line and says what is wrong."""
    path = write(tmp_path, f'{{"problem": "p", "answer": "1"}}\n{line}\n')
    with pytest.raises(DatasetError, match=message) as caught:
        load_problems(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert ";" in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, a folder, not text, nothing in it: an error each."""
    for path, message in ((tmp_path / "none", "no such file"), (tmp_path, "cannot be read")):
        with pytest.raises(DatasetError, match=message):
            load_problems(path)
    (tmp_path / "set.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="cannot be read as UTF-8"):
        load_problems(tmp_path / "set.jsonl")
    with pytest.raises(DatasetError, match="no problems in it"):
        load_problems(write(tmp_path, "\n"))
