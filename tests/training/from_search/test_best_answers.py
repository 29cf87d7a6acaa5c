"""Supervised fine-tuning: the right answers, or the one that was voted for."""

import pytest

from tests.training.from_search.trees import RIGHT, SMALL, WRONG, rows_of, said, search
from tts_async import Problem
from tts_async.errors import ConfigurationError
from tts_async.training import BestAnswers


async def test_right_answers_best_first() -> None:
    """Neither the wrong ones nor the one that was truncated behind a right answer."""
    rows = await rows_of(BestAnswers())
    assert [said(row["completion"]) for row in rows] == [f"a\n\n{RIGHT}", f"b\n\n{RIGHT}"]
    assert [row["score"] for row in rows] == [0.9, 0.8]
    assert rows[0]["prompt"] == [{"role": "user", "content": "what is it?"}]


async def test_where_a_row_comes_from() -> None:
    """Enough to find it again."""
    (row, _) = await rows_of(BestAnswers())
    source = row["provenance"]
    assert source.pop("tts_async")
    assert source == {
        "problem": "p",
        "strategy": "beam_search",
        "n": 4,
        "seed": 0,
        "run": None,
        "model": None,
        "path": [0, 0],
    }


async def test_thresholds() -> None:
    """A least score, which an answer without one does not have, and a greatest number."""
    unscored = [(place, text, finish, None) for place, text, finish, _ in SMALL]
    assert len(await rows_of(BestAnswers(min_score=0.85))) == 1
    assert len(await rows_of(BestAnswers(most=1))) == 1
    assert await rows_of(BestAnswers(min_score=0.0), search(unscored)) == []
    assert len(await rows_of(BestAnswers(), search(unscored))) == 2


async def test_the_winner_of_the_vote() -> None:
    """Right or wrong; no reference answer is needed."""
    result = search(problem=Problem("what is it?"), winner="0.1")
    (row,) = await rows_of(BestAnswers(by="vote"), result)
    assert said(row["completion"]) == f"a\n\n{WRONG}"
    assert row["provenance"]["path"] == [0, 1]


async def test_each_text_once() -> None:
    """Of equal texts the best scored, also where one of them ends with an empty line."""
    twins = [("0", RIGHT, "stop", 0.4), ("1", f"{RIGHT}\n\n", "stop", 0.7)]
    (row,) = await rows_of(BestAnswers(), search(twins))
    assert (said(row["completion"]), row["score"]) == (RIGHT, 0.7)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"by": "score"}, "by: expected one of reference, vote; got 'score'"),
        ({"min_score": 2}, r"min_score: must be in \[0, 1\], got 2"),
        ({"most": 0}, "most: must be at least 1, got 0"),
    ],
)
def test_wrong_settings(settings: dict[str, object], complaint: str) -> None:
    """Named, with what would be right."""
    with pytest.raises(ConfigurationError, match=complaint):
        BestAnswers(**settings)
