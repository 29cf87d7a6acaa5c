"""Policies as objects and as files."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.errors import ConfigurationError
from tts_async.strategies import Policy
from tts_async.strategies.compute_optimal import PUBLISHED, Choice, Difficulty


def test_a_file_gives_the_same_policy(tmp_path: Path) -> None:
    """Plain JSON with the schema first."""
    path = tmp_path / "policy.json"
    PUBLISHED.save(path)
    assert Policy.load(path) == PUBLISHED
    assert next(iter(json.loads(path.read_text()))) == "schema"
    assert Policy.from_dict(PUBLISHED.to_dict()) == PUBLISHED


def damaged(where: str, value: Any) -> dict[str, Any]:
    """The published policy with one field, ``a.0.b``, replaced; ``...`` removes it."""
    data: Any = PUBLISHED.to_dict()
    *above, last = [int(key) if key.isdecimal() else key for key in where.split(".")]
    place = data = json.loads(json.dumps(data))
    for key in above:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("where", "value", "named"),
    [
        ("schema", 2, "schema"),
        ("rows", [], "rows"),
        ("rows", ..., "rows"),
        ("rows.0.budget", "1", r"\$.rows\[0\].budget"),
        ("rows.1.budget", 1, "rows"),
        ("rows.2.overall.n", 0, r"n: .*rows\[2\]"),
        ("rows.2.overall.n", 32, r"exceeds the budget of 16"),
        ("rows.2.overall.beam_width", None, "beam_width"),
        ("rows.2.overall.beam_width", 17, "beam_width"),
        ("rows.2.by_difficulty.0.beam_width", 4, "beam_width: best_of_n has none"),
        ("rows.2.by_difficulty.0.strategy", "luck", r"by_difficulty\[0\].strategy"),
        ("rows.2.by_difficulty.0", ..., "by_difficulty: expected one choice for each of 5"),
        ("difficulty.measure", "mood", "measure"),
        ("difficulty.pilots", 0, "pilots"),
        ("difficulty.thresholds", [0.2, 0.8], "thresholds"),
    ],
)
def test_a_malformed_file_names_the_field(
    where: str, value: Any, named: str, tmp_path: Path
) -> None:
    """And the file."""
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(damaged(where, value)))
    with pytest.raises(ConfigurationError, match=named) as caught:
        Policy.load(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """Missing, not JSON, JSON without an end, or a folder."""
    (tmp_path / "text").write_text("easy: best_of_n")
    (tmp_path / "deep").write_text("[" * 100_000)
    wrong = {
        "text": "not a policy file",
        "deep": "not a policy file",
        "none": "No such file",
        "": "directory",
    }
    for name, reason in wrong.items():
        with pytest.raises(ConfigurationError, match=reason):
            Policy.load(tmp_path / name)


@given(st.floats(0, 1), st.floats(0, 1))
def test_easier_is_never_a_harder_class(a: float, b: float) -> None:
    """Classes are ordered as the estimates are, and a threshold belongs to the easier side."""
    difficulty = Difficulty(thresholds=(0.75, 0.5, 0.25))
    easier, harder = max(a, b), min(a, b)
    assert 1 <= difficulty.of(easier) <= difficulty.of(harder) <= 4
    assert [difficulty.of(t) for t in (1.0, 0.75, 0.5, 0.25, 0.0)] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("n", "difficulty", "expected"),
    [
        (1, None, Choice(strategy="best_of_n", n=1)),
        (3, None, Choice(strategy="best_of_n", n=3)),
        (4, None, Choice(strategy="beam_search", n=4, beam_width=4)),
        (10, None, Choice(strategy="beam_search", n=10, beam_width=4)),
        (16, 5, Choice(strategy="beam_search", n=16, beam_width=4)),
        (63, 2, Choice(strategy="best_of_n", n=63)),
        (64, 2, Choice(strategy="dvts", n=64, beam_width=4)),
    ],
)
def test_budgets_between_rows_go_by_the_lower(
    n: int, difficulty: int | None, expected: Choice
) -> None:
    """And take all of the budget where the row's choice does."""
    assert PUBLISHED.choice_for(n, difficulty) == expected
