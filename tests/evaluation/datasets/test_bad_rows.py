"""Bad rows: all counted, the first named with line and fix, left out only on demand."""

import json
import warnings
from pathlib import Path

import pytest

from tests.evaluation.datasets.test_formats import write_parquet
from tts_async.errors import DatasetError
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets import SkippedRows

GOOD = '{"problem": "p", "answer": "1"}'


def write(folder: Path, lines: list[str]) -> Path:
    """A file of these lines."""
    path = folder / "set.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('[{"problem": "p", "answer": "1"}]', "expected a JSON object, got list"),
        ('{"task": "p", "answer": "1"}', r"no column 'problem' \(it has 'task', 'answer'\)"),
        ('{"problem": "p"}', "no column 'answer'"),
        ('{"problem": " ", "answer": "1"}', "'problem' is empty"),
        ('{"problem": "p", "answer": null}', "'answer' is null"),
        ('{"problem": "p", "answer": true}', "'answer' is true"),
        ('{"problem": "p", "answer": NaN}', "'answer' is null"),
        ('{"problem": "p", "answer": ["1", "2"]}', r"'answer' is \[\"1\", \"2\"\]"),
        ('{"problem": "p", "solution": "so it is 5"}', r"'solution' has no \\boxed"),
    ],
)
def test_a_bad_row_names_file_line_and_fix(tmp_path: Path, line: str, message: str) -> None:
    """The message starts with the file and the line and says what is wrong."""
    path = write(tmp_path, [GOOD, line])
    with pytest.raises(DatasetError, match=message) as caught:
        load_problems(path)
    assert str(caught.value).startswith(f"{path}, line 2: ")
    assert ";" in str(caught.value)
    assert str(caught.value).endswith(
        "1 bad row; correct them, or leave them out with skip_bad (--skip-bad)"
    )


def test_the_places_in_tables(tmp_path: Path) -> None:
    """A record of several lines is placed where it begins; Parquet has rows and no lines."""
    (tmp_path / "set.csv").write_text('problem,answer\n"a\nb",1\n\nc\n"d\ne",,\n"f\ng",\n')
    with pytest.raises(DatasetError) as caught:
        load_problems(tmp_path / "set.csv")
    first, second, third, _ = str(caught.value).split("\n")
    assert "line 5: 1 values for 2 columns" in first
    assert "line 6: 3 values for 2 columns" in second
    assert "line 8: 'answer' is null" in third
    rows = [{"problem": f"p{i}", "answer": None if i in {3, 1499} else "1"} for i in range(2000)]
    write_parquet(tmp_path / "set.parquet", rows)
    with pytest.raises(DatasetError, match="rows 4, 1500: 'answer' is null"):
        load_problems(tmp_path / "set.parquet")


def test_a_line_in_another_encoding_is_one_bad_row(tmp_path: Path) -> None:
    """The lines around it are read."""
    path = tmp_path / "set.jsonl"
    path.write_bytes(f"{GOOD}\n".encode() + '{"problem": "é", "answer": "1"}\n'.encode("latin-1"))
    with pytest.raises(DatasetError, match="line 2: cannot be read as UTF-8"):
        load_problems(path)
    with pytest.warns(SkippedRows):
        assert len(load_problems(path, skip_bad=True)) == 1


def test_what_is_said_about_many_is_bounded(tmp_path: Path) -> None:
    """Ten thousand rows without an answer are one line, a hundred reasons are five."""
    path = write(tmp_path, [GOOD, *['{"problem": "p"}'] * 10_000])
    with pytest.raises(DatasetError, match="10000 bad rows") as caught:
        load_problems(path)
    assert "lines 2, 3, 4, 5, 6 and 9995 more: no column 'answer'" in str(caught.value)
    assert len(str(caught.value)) < 500
    path = write(tmp_path, [json.dumps({"problem": "p", "answer": [i, i]}) for i in range(100)])
    with pytest.raises(DatasetError, match="and 95 more for other reasons") as caught:
        load_problems(path)
    assert str(caught.value).count("'answer' is") == 5


def test_bad_rows_are_left_out_on_demand(tmp_path: Path) -> None:
    """The warning has the count and the lines, and so has the caller."""
    path = write(tmp_path, [GOOD, "{", GOOD, '{"problem": "p"}'])
    with pytest.warns(SkippedRows, match="2 bad rows are left out") as caught:
        problems = load_problems(path, skip_bad=True)
    assert len(problems) == 2
    (warning,) = caught
    assert isinstance(warning.message, SkippedRows)
    assert len(warning.message.rows) == 2
    assert [place for place, *_ in warning.message.rows.reasons.values()] == ["line 2", "line 4"]
    assert warning.filename == __file__


def test_no_warning_where_all_is_well(tmp_path: Path) -> None:
    """The option alone says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_problems(write(tmp_path, [GOOD]), skip_bad=True)) == 1


def test_nothing_but_bad_rows_is_an_error(tmp_path: Path) -> None:
    """A wrong file must not look like an empty one."""
    with pytest.raises(DatasetError, match=r"2 bad rows; correct them$"):
        load_problems(write(tmp_path, ["{", "{"]), skip_bad=True)
