"""Results that no search has to be run for."""

from collections.abc import Iterable
from typing import Any

from tts_async import Candidate, Node, Problem, Result
from tts_async.types.budget import Spend
from tts_async.types.generation import Finish
from tts_async.types.node import Path
from tts_async.types.result import AnswerVotes
from tts_async.types.tree import Tree

Piece = tuple[Path, str, float | None]


def made(pieces: Iterable[Piece], answers: dict[Path, str | None], **changes: Any) -> Result:
    """A result with these nodes, each a path, its text and its score.

    ``answers`` says which are candidates. The first answer of ``answers`` wins.
    """
    tree = Tree()
    for path, text, score in pieces:
        finish: Finish = "stop" if path in answers else "step"
        parent = tree[path[:-1]]
        tree.put([Node(parent=parent, path=path, text=text, finish=finish, score=score, tokens=3)])
    groups = list(dict.fromkeys(answer for answer in answers.values() if answer is not None))
    candidates = tuple(
        Candidate(
            path=path,
            text=tree[path].full_text,
            answer=answer,
            score=tree[path].score,
            group=None if answer is None else groups.index(answer),
            tokens=3,
        )
        for path, answer in answers.items()
    )
    counts = [list(answers.values()).count(group) for group in groups]
    arguments: dict[str, Any] = {
        "problem": Problem("What is it?", id="p1"),
        "answer": groups[0] if groups else None,
        "text": candidates[0].text if candidates else "",
        "confidence": counts[0] / len(answers) if groups else 0.0,
        "stop_reason": "finished" if groups else "no_answer",
        "strategy": "dvts",
        "n": 4,
        "seed": 0,
        "candidates": candidates,
        "votes": tuple(
            AnswerVotes(answer=group, count=count, weight=count / 2)
            for group, count in zip(groups, counts, strict=True)
        ),
        "spend": Spend(tokens=30, expansions=4, verifier_calls=9, seconds=1.5),
        "tree": tree,
    }
    return Result(**{**arguments, **changes})


def small() -> Result:
    """Two ways that lead to answers, one of which wins, and two that were dropped."""
    pieces: list[Piece] = [
        ((0,), "## Step 1: a start\n\n", 0.6),
        ((0, 0), r"It is $\boxed{\frac{1}{2}}$.", 0.9),
        ((0, 1), "a dead end\n\n", 0.2),
        ((1,), "another start\n\n", 0.5),
        ((1, 0), r"It is $\boxed{3}$.", 0.4),
        ((2,), "a bad start\n\n", 0.1),
    ]
    return made(pieces, {(0, 0): r"\frac{1}{2}", (1, 0): "3"})


def big(subtrees: int = 64, steps: int = 40, width: int = 4) -> Result:
    """As DVTS leaves it with n=256 and 40 steps: about ten thousand nodes."""
    pieces: list[Piece] = []
    answers: dict[Path, str | None] = {}
    for subtree in range(subtrees):
        path: Path = ()
        for step in range(steps):
            first = subtree * width if step == 0 else 0
            for child in range(width):
                text = f"## Step {step}: so $x_{{{step}}} = \\frac{{{child}}}{{7}}$\n\n"
                place = (*path, first + child)
                pieces.append((place, text, (child + step % 7) / 10))
                if step == steps - 1:
                    answers[place] = str((subtree + child) % 9)
            path = (*path, first + width - 1)
    return made(pieces, answers)
