"""The same problems come out of every format, and a broken file says what is wrong."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tts_async.errors import DatasetError
from tts_async.evaluation import load_problems

ROWS: list[dict[str, Any]] = [
    {"problem": 'What is\n$1+1$, "please"?', "answer": "2", "level": 1, "subject": "Algebra"},
    {"problem": "½ · 2 = ?;\t", "answer": "1", "level": 2, "subject": None},
    {"problem": "3", "answer": r"\frac{1}{2}", "level": 3, "subject": "Number, Theory"},
]


def write_csv(path: Path, rows: list[dict[str, Any]], delimiter: str = ",") -> None:
    """With the quotes that the values need."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    """In row groups of two."""
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)


def as_lines(rows: list[dict[str, Any]]) -> str:
    """One object per line."""
    return "\n".join(map(json.dumps, rows))


WRITERS: dict[str, Callable[[Path, list[dict[str, Any]]], object]] = {
    "set.jsonl": lambda path, rows: path.write_text(as_lines(rows)),
    "set.txt": lambda path, rows: path.write_text(as_lines(rows)),
    "bom.jsonl": lambda path, rows: path.write_text("\ufeff" + as_lines(rows), encoding="utf-8"),
    "array.json": lambda path, rows: path.write_text(json.dumps(rows, indent=2)),
    "columns.json": lambda path, rows: path.write_text(
        json.dumps({key: [row[key] for row in rows] for key in rows[0]})
    ),
    "lines.json": lambda path, rows: path.write_text(as_lines(rows) + "\n"),
    "set.csv": write_csv,
    "SET.TSV": lambda path, rows: write_csv(path, rows, "\t"),
    "set.parquet": write_parquet,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_problems_from_every_format(tmp_path: Path, name: str) -> None:
    """Line ends, quotes, delimiters and gaps included; what a table says in text is text."""
    WRITERS[name](tmp_path / name, ROWS)
    problems = load_problems(tmp_path / name)
    assert [(p.text, p.answer) for p in problems] == [(r["problem"], r["answer"]) for r in ROWS]
    metadata = [{k: str(v) for k, v in problem.metadata.items() if v} for problem in problems]
    assert metadata == [
        {"level": "1", "subject": "Algebra"},
        {"level": "2"},
        {"level": "3", "subject": "Number, Theory"},
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("set.json", b"{", "set.json: not JSON"),
        ("set.json", b"[" * 100_000, "set.json: not JSON"),
        ("set.json", b"3", "expected an array of objects or an object of columns, got int"),
        ("set.json", b'{"problem": ["a"], "answer": []}', "columns of different lengths"),
        ("set.csv", b'problem,answer\n"a,1\n', r"line 2: unexpected end of data; put values"),
        ("set.csv", b'problem,answer\n"a"b,1\n', r"line 2: ',' expected after '\"'; put"),
        ("set.csv", b"problem,answer\n\xff,1\n", "is not UTF-8 text .*; save it as UTF-8"),
        ("set.parquet", b"PAR1 but then nothing PAR1", "not a Parquet file"),
        ("set.parquet", b"", "not a Parquet file"),
        ("set.jsonl", b"", "no problems in it"),
        ("set.csv", b"problem,answer\n", "no problems in it"),
    ],
)
def test_a_broken_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """One error that names the file, with the place where there is one."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=message) as caught:
        load_problems(tmp_path / name, skip_bad=True)
    assert str(tmp_path / name) in str(caught.value)


def test_numbers_of_a_table_keep_their_type(tmp_path: Path) -> None:
    """An answer that a table holds as a number is read as its writing."""
    write_parquet(tmp_path / "set.parquet", [{"problem": "p", "answer": 204}])
    assert load_problems(tmp_path / "set.parquet")[0].answer == "204"


def test_a_table_with_a_whole_search_in_a_cell(tmp_path: Path) -> None:
    """Columns of completions are longer than the csv module takes by itself."""
    write_csv(tmp_path / "set.csv", [{"problem": "p", "answer": "1", "completions": 200_000 * "x"}])
    (problem,) = load_problems(tmp_path / "set.csv")
    assert len(problem.metadata["completions"]) == 200_000
