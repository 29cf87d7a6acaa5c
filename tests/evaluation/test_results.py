"""A ``results.json`` is read whole, or refused with the field that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.example_results import HOSTILE, row, usual
from tts_async.errors import ConfigurationError
from tts_async.evaluation.report import Report
from tts_async.evaluation.results import load_results, parse_results


def test_reads_what_an_evaluation_writes() -> None:
    """Writer and reader speak of the same schema."""
    read = parse_results(Report("arithmetic", problems=3, seeds=(1, 2)).to_dict())
    assert (read.dataset, read.problems, read.seeds) == ("arithmetic", 3, [1, 2])


def test_a_folder_stands_for_the_file_in_it(tmp_path: Path) -> None:
    """Both ways give the same."""
    file = tmp_path / "results.json"
    file.write_text(json.dumps(usual()))
    assert load_results(tmp_path) == load_results(file) == (file, parse_results(usual()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 1}, "schema 1, and only 2 is understood; run the evaluation again"),
        ({"schema": None}, "schema None"),
        ({"rows": [row("dvts", 4, 0.5, high=1.5)]}, r"<= 1.*rows\[0\].high"),
        ({"rows": [row("dvts", 4, 0.5, low=float("nan"))]}, r"rows\[0\].low"),
        ({"rows": [row("dvts", 0, 0.5)]}, r">= 1.*rows\[0\].n"),
        ({"rows": [{"strategy": "dvts"}]}, "missing required field"),
        ({"occupancy": {"interval_s": 0}}, r"> 0.*occupancy.interval_s"),
    ],
)
def test_what_cannot_be_understood_is_named(changes: dict[str, Any], message: str) -> None:
    """File, field and reason."""
    with pytest.raises(ConfigurationError, match=f"^a.json: .*{message}"):
        parse_results(usual(**changes), source="a.json")


@pytest.mark.parametrize("content", ["[]", "{", "\ud7ff", "[" * 100_000])
def test_what_is_no_results_file_is_named(tmp_path: Path, content: str) -> None:
    """Wrong JSON, wrong type, and a file that is not there."""
    file = tmp_path / "results.json"
    with pytest.raises(ConfigurationError, match="no such file; give the folder"):
        load_results(tmp_path)
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"results\.json: "):
        load_results(tmp_path)


def test_texts_are_one_printable_line() -> None:
    """Whatever a model or a data set is called."""
    read = parse_results(usual(dataset=HOSTILE, generator="a\r\n b\tc"))
    assert read.dataset.isprintable()
    assert read.dataset.startswith("<script>")
    assert read.generator == "a b c"
