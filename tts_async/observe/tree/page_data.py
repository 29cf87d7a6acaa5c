"""What a page knows of a search, as plain JSON data.

Texts are lists of pieces: a string, or the index of a formula in ``formulas``. Nodes are columns,
one list per property in tree order, which keeps a page of ten thousand of them small.
"""

import re
from typing import Any, Final

from tts_async.observe.tree.formulas import Formula, Typesetter, split_formulas
from tts_async.observe.tree.view import Branch, TreeView
from tts_async.steps import split_steps
from tts_async.types.node import Node

OPEN_AT_FIRST: Final = 120
"""How many nodes a page lays open when it loads."""
NO_CANDIDATE, ABSTAINED = -2, -1
"""Instead of a group, for nodes that are no candidate and for candidates without an answer."""
DIGITS: Final = 4
_WORDS: Final = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]+)*")

Pieces = list[str | int]


def page_data(view: TreeView, typesetter: Typesetter) -> dict[str, Any]:
    """Everything there is to see of a search."""
    texts, result = _Texts(typesetter), view.result
    data: dict[str, Any] = {
        "problem": texts.pieces(result.problem.text),
        "history": [
            {"role": turn["role"], "text": texts.pieces(turn["content"])}
            for turn in result.problem.history
        ],
        "problemId": result.problem.id,
        "reference": texts.answer(result.problem.answer),
        "strategy": result.strategy,
        "n": result.n,
        "seed": result.seed,
        "answer": texts.answer(result.answer),
        "confidence": result.confidence,
        "stopReason": result.stop_reason,
        "error": None if result.error is None else str(result.error),
        "candidates": len(result.candidates),
        "spend": result.spend.to_dict(),
        "votes": [
            {"answer": texts.answer(votes.answer), "count": votes.count, "weight": votes.weight}
            for votes in result.votes
        ],
        "winningGroup": view.winning_group,
        "open": sorted({view.branches[place].above for place in view.telling(OPEN_AT_FIRST)}),
        "nodes": _columns(view.branches, texts),
    }
    data["formulas"] = texts.formulas
    data["mathMissing"] = typesetter.missing
    return data


class _Texts:
    """Texts in pieces, and the table of all different formulas that they refer to."""

    def __init__(self, typesetter: Typesetter) -> None:
        self.formulas: list[list[Any]] = []
        self._places: dict[Formula, int] = {}
        self._typesetter = typesetter

    def pieces(self, text: str) -> Pieces:
        return [
            piece if isinstance(piece, str) else self._place(piece)
            for piece in split_formulas(text)
        ]

    def answer(self, answer: str | None) -> Pieces | None:
        """An extracted answer: mathematics without marks around it, unless it is plain words."""
        if answer is None or _WORDS.fullmatch(answer):
            return None if answer is None else [answer]
        return [self._place(Formula(answer, "", "", display=False))]

    def _place(self, formula: Formula) -> int:
        if (place := self._places.get(formula)) is None:
            place = self._places[formula] = len(self.formulas)
            mathml = self._typesetter.typeset(formula)
            self.formulas.append([formula.source, mathml, formula.display])
        return place


def _columns(branches: tuple[Branch, ...], texts: _Texts) -> dict[str, list[Any]]:
    return {
        "parent": [branch.above for branch in branches],
        "place": [branch.node.path[-1] for branch in branches],
        "score": [_rounded(branch.node.score) for branch in branches],
        "steps": [_steps(branch.node, texts) for branch in branches],
        "finish": [branch.node.finish for branch in branches],
        "tokens": [branch.node.tokens for branch in branches],
        "kept": [int(branch.kept) for branch in branches],
        "winning": [int(branch.winning) for branch in branches],
        "group": [_group(branch) for branch in branches],
        "answer": [
            None if branch.candidate is None else texts.answer(branch.candidate.answer)
            for branch in branches
        ],
    }


def _steps(node: Node, texts: _Texts) -> list[list[Any]]:
    """The steps of a node, each with its own score where the verifier gave one."""
    steps, scores = split_steps(node.text), node.step_scores
    if scores is None or len(scores) != len(steps):
        return [[None, texts.pieces(step)] for step in steps]
    return [
        [_rounded(score), texts.pieces(step)] for step, score in zip(steps, scores, strict=True)
    ]


def _group(branch: Branch) -> int:
    if branch.candidate is None:
        return NO_CANDIDATE
    return ABSTAINED if branch.candidate.group is None else branch.candidate.group


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, DIGITS)
