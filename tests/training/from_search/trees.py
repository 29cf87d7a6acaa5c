"""Searches written down by hand, and what the recipes make of them."""

from collections.abc import Sequence
from typing import Any

from tests.training.coin import GOLD
from tts_async import Problem, Result
from tts_async.answers import AnswerChecker, extract_answer
from tts_async.training import Recipe, SearchRecord
from tts_async.training.from_search.judging import JudgedSearch, judge
from tts_async.types.budget import Spend
from tts_async.types.generation import Finish
from tts_async.types.node import Node
from tts_async.types.result import AnswerVotes, Candidate
from tts_async.types.tree import Tree

Spec = tuple[str, str, Finish, float | None]
"""A node: its place (``"0.1"``), text, finish and score."""

RIGHT, WRONG, WORSE = (rf"so $\boxed{{{answer}}}$" for answer in (GOLD, 13, 7))

SMALL: tuple[Spec, ...] = (
    ("0", "a\n\n", "step", 0.6),
    ("0.0", RIGHT, "stop", 0.9),
    ("0.1", WRONG, "stop", 0.2),
    ("0.2", rf"$\boxed{{{GOLD}}}$, that is", "length", 0.9),
    ("1", "b\n\n", "step", 0.3),
    ("1.0", "c\n\n", "step", 0.3),
    ("1.0.0", WRONG, "stop", 0.1),
    ("1.1", RIGHT, "stop", 0.8),
    ("2", "d\n\n", "step", 0.1),
    ("3", f"a\n\n{WORSE}\n\n", "stop", 0.5),
)
"""Five finished answers, one of them in a single node; one truncated, one beginning given up.

Right: "a, so 42" and "b, so 42". Wrong: "a, so 13", "b, c, so 13" and "a, so 7".
"""


def search(
    specs: Sequence[Spec] = SMALL,
    *,
    problem: Problem | None = None,
    winner: str | None = None,
    seed: int = 0,
) -> Result:
    """A result whose candidates are the finished answers; ``winner`` is the place of the best."""
    tree = Tree()
    for place, text, finish, score in specs:
        path = tuple(map(int, place.split(".")))
        parent = tree[path[:-1]]
        tree.put([Node(parent=parent, path=path, text=text, finish=finish, score=score)])
    best = None if winner is None else tree[tuple(map(int, winner.split(".")))]
    answers = [extract_answer(node.full_text) for node in tree.finished()]
    groups = list(dict.fromkeys(answer for answer in answers if answer is not None))
    return Result(
        problem=problem or Problem("what is it?", id="p", answer=GOLD),
        answer=None if best is None else extract_answer(best.full_text),
        text="" if best is None else best.full_text,
        confidence=0.5,
        stop_reason="finished",
        strategy="beam_search",
        n=4,
        seed=seed,
        candidates=tuple(
            Candidate(
                path=node.path,
                text=node.full_text,
                answer=answer,
                score=node.score,
                group=None if answer is None else groups.index(answer),
                tokens=1,
            )
            for node, answer in zip(tree.finished(), answers, strict=True)
        ),
        votes=tuple(
            AnswerVotes(answer=answer, count=answers.count(answer), weight=1.0) for answer in groups
        ),
        spend=Spend(),
        tree=tree,
    )


async def judged(result: Result) -> JudgedSearch:
    """The search with its verdicts, asked without a system prompt."""
    async with AnswerChecker() as checker:
        return await judge(SearchRecord(result=result, system_prompt=None), checker)


async def rows_of(recipe: Recipe, result: Result | None = None) -> list[dict[str, Any]]:
    """The rows of one search."""
    return list(recipe.rows(await judged(result or search())))


def said(messages: Sequence[dict[str, str]]) -> str:
    """The text of a completion."""
    (message,) = messages
    assert message["role"] == "assistant"
    return message["content"]
