r"""search-and-learn's three predictions, and the election they make.

Everybody votes: unfinished and truncated candidates, copies, and those from whose text nothing was
extracted, which stand for the answer ``""``. A vote weighs the *last* step's score, whatever
aggregation the search used. The winner is the first candidate of the winning group, not the best.
Scores that are all zero still decide: the first group wins.

One deviation: there, two answers are equal if sympy simplifies both to the same LaTeX within three
seconds, or else if they are written alike; here, if math-verify says so. The parser it needs
(latex2sympy2) cannot be installed beside math-verify's.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import count, takewhile
from typing import Final

from tts_async.answers import AnswerChecker, Selection
from tts_async.strategies.reference.extraction import extract_reference_answer
from tts_async.types.node import Node
from tts_async.types.result import AnswerVotes, Candidate, Election

_COLUMNS: Final[Mapping[Selection, str]] = {
    "naive": "pred_naive",
    "weighted": "pred_weighted",
    "majority": "pred_maj",
}

Predict = Callable[[Sequence[Candidate], Selection], str | None]
"""From the first candidates to the answer that they elect."""


async def elect(nodes: Sequence[Node], select: Selection, checker: AnswerChecker) -> Election:
    """Let every candidate vote; those that no verifier saw (after a spent budget) stay away."""
    nodes = [node for node in nodes if node.step_scores]
    if not nodes:
        return Election(candidates=(), votes=(), winner=None, confidence=0.0)
    texts = [node.full_text for node in nodes]
    answers = [await _extract(text) for text in texts]
    groups = await _group(answers, checker)
    candidates = tuple(
        Candidate(
            path=node.path,
            text=text,
            answer=answer,
            score=(node.step_scores or (0.0,))[-1],
            group=group,
            tokens=sum(above.tokens for above in node.lineage()),
        )
        for node, text, answer, group in zip(nodes, texts, answers, groups, strict=True)
    )
    winner = _predict(candidates, select)
    weights = _weigh(candidates, select)
    return Election(
        candidates=candidates,
        votes=tuple(
            AnswerVotes(
                answer=answers[groups.index(group)], count=groups.count(group), weight=weight
            )
            for group, weight in weights.items()
        ),
        winner=winner,
        confidence=_confidence(winner, weights, select),
    )


def predictions(candidates: Sequence[Candidate]) -> dict[str, str]:
    r"""What search-and-learn's columns hold, for each power of two up to the number of candidates.

    ``pred_naive@1``, ``pred_weighted@1``, ``pred_maj@1``, ``pred_naive@2``, …: the answer in a
    ``\boxed{}``. ``candidates``: those of a result of a reference strategy, in their order, of
    which the prediction at ``k`` sees the first ``k``.
    """
    return as_columns(candidates, lambda first, select: _predict(first, select).answer or "")


def as_columns(candidates: Sequence[Candidate], predict: Predict) -> dict[str, str]:
    """The same columns by another rule; where it says ``None`` there is no such column."""
    sizes = takewhile(lambda size: size <= len(candidates), (2**i for i in count()))
    found = {
        f"{column}@{size}": predict(candidates[:size], select)
        for size in sizes
        for select, column in _COLUMNS.items()
    }
    return {name: rf"\boxed{{{answer}}}" for name, answer in found.items() if answer is not None}


def _predict(candidates: Sequence[Candidate], select: Selection) -> Candidate:
    """The first candidate of the winning group, or (naive) the first of the best-scored ones."""
    if select == "naive":
        return max(candidates, key=_score)
    weights = _weigh(candidates, select)
    group = max(weights, key=weights.__getitem__)
    return next(candidate for candidate in candidates if candidate.group == group)


def _weigh(candidates: Sequence[Candidate], select: Selection) -> dict[int, float]:
    """The weight of every group, in order of appearance.

    Added up one by one: newer Pythons' ``sum`` rounds once, at the end, and can break a tie.
    """
    weights: dict[int, float] = {}
    for candidate in candidates:
        group = candidate.group or 0
        if select == "naive":
            weights[group] = max(weights.get(group, 0.0), _score(candidate))
        else:
            vote = 1.0 if select == "majority" else _score(candidate)
            weights[group] = weights.get(group, 0.0) + vote
    return weights


def _confidence(winner: Candidate, weights: dict[int, float], select: Selection) -> float:
    """The share of its group; with ``naive``, where nobody supports anybody, its own score."""
    total = sum(weights.values())
    if select == "naive" or not total:
        return _score(winner)
    return weights[winner.group or 0] / total


def _score(candidate: Candidate) -> float:
    return candidate.score or 0.0


async def _extract(text: str) -> str:
    await asyncio.sleep(0)  # hundreds of long texts must not block the loop
    return extract_reference_answer(text)


async def _group(answers: Sequence[str], checker: AnswerChecker) -> list[int]:
    """One number per answer, in order of appearance; no answer is an answer like any other."""
    found = await checker.group([answer or None for answer in answers])
    numbers: dict[int | None, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in found]
