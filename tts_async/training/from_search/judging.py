"""The finished answers of a search, each with its verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tts_async.answers import AnswerChecker
from tts_async.errors import DatasetError
from tts_async.steps import DELIMITER, split_steps
from tts_async.training.from_search.searches import SearchRecord
from tts_async.types.node import Path
from tts_async.types.problem import Message

Basis = Literal["reference", "vote", "score"]
"""What says which answers are good: the reference answer, the vote, or the verifier's scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedAnswer:
    """A complete answer of the tree.

    ``steps`` keep their delimiters, but for an empty line after the last one. ``score`` is the
    verifier's, in [0, 1], ``None`` without one. ``right``: whether it is the reference answer;
    ``None`` where none is known.
    """

    path: Path
    steps: tuple[str, ...]
    score: float | None
    right: bool | None

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.steps)

    def worth(self, by: Basis) -> float:
        """In [0, 1]: 1 for a right answer, or the score."""
        return (self.score or 0.0) if by == "score" else float(self.right or False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSearch:
    """A search, the conversation that asked for an answer, and the answers, in tree order.

    What is unfinished or was truncated is no answer and not among them.
    """

    record: SearchRecord
    prompt: tuple[Message, ...]
    answers: tuple[FinishedAnswer, ...]

    def with_scores(self) -> "JudgedSearch":
        """Without the answers that no verifier saw."""
        scored = tuple(answer for answer in self.answers if answer.score is not None)
        return replace(self, answers=scored)

    def unusable(self, by: Basis) -> str | None:
        """Why nothing can be learned from it, ``None`` where something may be."""
        result = self.record.result
        if result.error is not None:
            return "their search failed"
        if by == "reference" and result.problem.answer is None:
            return "no reference answer is known"
        if not self.answers:
            return "no answer was finished"
        if by == "vote" and result.answer is None:
            return "no answer was voted for"
        if by == "score" and all(answer.score is None for answer in self.answers):
            return "no verifier scored them"
        return None


def each_text_once(answers: Iterable[FinishedAnswer]) -> list[FinishedAnswer]:
    """The first answer of each text, in the same order."""
    first: dict[str, FinishedAnswer] = {}
    for answer in answers:
        first.setdefault(answer.text, answer)
    return list(first.values())


async def judge(record: SearchRecord, checker: AnswerChecker) -> JudgedSearch:
    """Compare every finished answer with the reference answer, where there is one.

    An answer in which none can be found is wrong. Raises ``DatasetError`` when the tree is
    missing, ``WorkerError`` and ``AnswerError``.
    """
    result = record.result
    if result.candidates and not len(result.tree):
        raise DatasetError(
            f"problem {result.problem.id!r}: its result has candidates and no tree; "
            "keep the tree: Result.to_dict(), solve --json --tree, or a journal"
        )
    nodes = [node for node in result.tree.finished() if node.full_text.strip()]
    answers = await checker.extract([node.full_text for node in nodes])
    verdicts = await _verdicts(result.problem.answer, answers, checker)
    return JudgedSearch(
        record=record,
        prompt=tuple(result.problem.messages(record.system_prompt)),
        answers=tuple(
            FinishedAnswer(
                path=node.path,
                steps=split_steps(node.full_text.removesuffix(DELIMITER)),
                score=node.score,
                right=verdict,
            )
            for node, verdict in zip(nodes, verdicts, strict=True)
        ),
    )


async def _verdicts(
    gold: str | None, answers: Sequence[str | None], checker: AnswerChecker
) -> list[bool | None]:
    if gold is None:
        return [None] * len(answers)
    found = dict.fromkeys(answer for answer in answers if answer is not None)
    right = {answer: await checker.equal(gold, answer) for answer in found}
    return [answer is not None and right[answer] for answer in answers]
