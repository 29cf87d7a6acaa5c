"""DPO: pairs of siblings and of whole answers, by value."""

import pytest

from tests.training.from_search.trees import (
    RIGHT,
    SMALL,
    WORSE,
    WRONG,
    rows_of,
    said,
    search,
)
from tts_async import Problem
from tts_async.errors import ConfigurationError
from tts_async.training import PreferencePairs


async def test_siblings_by_hand() -> None:
    """After a: 1, 0 and 0 right of one. After b: "so 42" right, and c, from which none is."""
    rows = await rows_of(PreferencePairs())
    assert [(said(row["chosen"]), said(row["rejected"])) for row in rows] == [
        (f"a\n\n{RIGHT}", f"a\n\n{WORSE}"),
        (f"b\n\n{RIGHT}", f"b\n\nc\n\n{WRONG}"),
    ]
    assert [(r["beginning"], r["chosen_step"], r["rejected_step"]) for r in rows] == [
        ("a\n\n", RIGHT, WORSE),
        ("b\n\n", RIGHT, "c\n\n"),
    ]
    assert [(row["chosen_value"], row["rejected_value"]) for row in rows] == [(1, 0), (1, 0)]
    assert [row["provenance"]["chosen"] for row in rows] == [[0, 0], [1, 1]]
    assert [row["provenance"]["rejected"] for row in rows] == [[3], [1, 0, 0]]


async def test_a_smaller_margin() -> None:
    """A right share of 1/2 after b and of 1/3 after a: written out by their best and worst."""
    rows = await rows_of(PreferencePairs(margin=0.16))
    assert len(rows) == 3
    assert (said(rows[0]["chosen"]), said(rows[0]["rejected"])) == (
        f"b\n\n{RIGHT}",
        f"a\n\n{WRONG}",
    )
    assert (rows[0]["beginning"], rows[0]["chosen_value"]) == ("", 0.5)
    assert rows[0]["rejected_value"] == pytest.approx(1 / 3)
    assert len(await rows_of(PreferencePairs(margin=0.17))) == 2


async def test_values_of_few_answers_do_not_count() -> None:
    """Only a and b have two answers each."""
    (row,) = await rows_of(PreferencePairs(margin=0.1, min_answers=2))
    assert (row["chosen_step"], row["rejected_step"]) == ("b\n\n", "a\n\n")


async def test_whole_answers() -> None:
    """The best right one with the worst wrong one; two right, so two pairs."""
    rows = await rows_of(PreferencePairs(between="answers"))
    assert [(said(row["chosen"]), said(row["rejected"])) for row in rows] == [
        (f"a\n\n{RIGHT}", f"b\n\nc\n\n{WRONG}"),
        (f"b\n\n{RIGHT}", f"a\n\n{WRONG}"),
    ]
    assert "beginning" not in rows[0]


async def test_by_score() -> None:
    """Without a reference answer; means of the scores of the answers below, unscored ones out."""
    unscored = ("4", WRONG, "stop", None)
    result = search([*SMALL, unscored], problem=Problem("what is it?"))
    first, *_ = rows = await rows_of(PreferencePairs(by="score"), result)
    assert len(rows) == 2
    assert (first["chosen_value"], first["rejected_value"]) == (0.9, 0.2)
    pairs = await rows_of(PreferencePairs(by="score", between="answers"), result)
    assert [(row["chosen_value"], row["rejected_value"]) for row in pairs] == [
        (0.9, 0.1),
        (0.8, 0.2),
    ]


async def test_a_margin_is_reached_in_spite_of_rounding() -> None:
    """In binary, 0.7 - 0.2 is a little less than a half."""
    twins = [("0", RIGHT, "stop", 0.7), ("1", WRONG, "stop", 0.2)]
    assert len(await rows_of(PreferencePairs(by="score"), search(twins))) == 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"by": "vote"}, "by: expected one of reference, score; got 'vote'"),
        ({"between": "cousins"}, "between: expected one of siblings, answers; got 'cousins'"),
        ({"margin": 0}, r"margin: must be in \(0, 1\], got 0"),
        ({"min_answers": 0}, "min_answers: must be at least 1, got 0"),
    ],
)
def test_wrong_settings(settings: dict[str, object], complaint: str) -> None:
    """Named, with what would be right."""
    with pytest.raises(ConfigurationError, match=complaint):
        PreferencePairs(**settings)
