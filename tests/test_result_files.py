"""Results in files: every way they are written down, and what is said of those that are none."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.observe.tree.made import made, small
from tts_async.errors import ConfigurationError, DatasetError, GeneratorUnavailable
from tts_async.result_files import parse_results, read_result_file
from tts_async.types.result import Result

DATA = small().to_dict()
LINE = json.dumps(DATA)


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (LINE, ["f, line 1"]),
        (f"\n{LINE}\n \n{LINE}\n", ["f, line 2", "f, line 4"]),
        (json.dumps(DATA, indent=2), ["f"]),
        (f"[{LINE}, {LINE}]", ["f, result 1", "f, result 2"]),
        (json.dumps([DATA], indent=2), ["f, result 1"]),
    ],
    ids=["one", "lines", "document", "list", "document with a list"],
)
def test_every_way_to_write_them(content: str, places: list[str]) -> None:
    """Nothing has to be said about which it is."""
    found = list(parse_results(content.encode().splitlines(keepends=True), "f"))
    assert [place for place, _ in found] == places
    assert all(result.to_dict() == DATA for _, result in found)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "f: holds no results; give a journal, or results with their trees"),
        ("\n[]\n", "f: holds no results"),
        (f"{LINE}\n{{\n", "f, line 2: not JSON"),
        (f"\n\n{{\n{LINE}", r"f: not JSON \(.*: line 4"),
        ("[" * 100_000, "f: not JSON"),
        (f"{LINE}\n7\n", "f, line 2: expected a JSON object, got int"),
        (f"[{LINE}, 7]", "f, result 2: expected a JSON object, got int"),
        (json.dumps({"rows": []}), "f, line 1: the figures of an evaluation; give the folder"),
        ('{"tree": []}', "f, line 1: not a result: Object missing required field `problem`"),
    ],
    ids=range(9),
)
def test_files_of_something_else(content: str, complaint: str) -> None:
    """The message names file and line, and what to give instead."""
    with pytest.raises(DatasetError, match=complaint):
        list(parse_results(content.encode().splitlines(keepends=True), "f"))


def test_lines_are_read_one_at_a_time() -> None:
    """What stands in front of a bad line is there before it is read."""
    results = parse_results([LINE.encode(), b"{"], "f")
    assert next(results)[1].to_dict() == DATA
    with pytest.raises(DatasetError, match="line 2"):
        next(results)


def test_a_place_that_is_no_file(tmp_path: Path) -> None:
    """Nothing there, or a folder."""
    with pytest.raises(DatasetError, match="no such file"):
        list(read_result_file(tmp_path / "none.json"))
    with pytest.raises(DatasetError, match="cannot be read"):
        list(read_result_file(tmp_path))


def test_texts_that_are_no_unicode() -> None:
    """Models do write halves of surrogate pairs; JSON can hold them."""
    data = made([((0,), "7\ud83d", 0.5)], {(0,): "7"}).to_dict()
    [(_, result)] = parse_results([json.dumps(data).encode()], "f")
    assert result.to_dict() == data


def test_a_result_that_failed() -> None:
    """The error comes back as one of its kind."""
    result = made([], {}, stop_reason="error", error=GeneratorUnavailable("gone"))
    again = Result.from_dict(result.to_dict())
    assert isinstance(again.error, GeneratorUnavailable)
    assert again.to_dict() == result.to_dict()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"seed": "x"}, "result: Expected `int`, got `str` - at `$.seed`"),
        ({"stop_reason": "bored"}, "at `$.stop_reason`"),
        ({"problem": {"text": ""}}, "the text is empty; pass the question to solve - at"),
        ({"candidates": [{}]}, "at `$.candidates[0]`"),
        ({"tree": [{**DATA["tree"][0], "score": 2.0}]}, "at `$.tree[0].score`"),
        ({"tree": DATA["tree"][1:]}, "no node at (0,) for (0, 0) to stand below - at `$.tree`"),
    ],
    ids=range(6),
)
def test_fields_that_are_wrong(changes: dict[str, Any], complaint: str) -> None:
    """Named by their place."""
    with pytest.raises(ConfigurationError) as caught:
        Result.from_dict({**DATA, **changes})
    assert complaint in str(caught.value)
