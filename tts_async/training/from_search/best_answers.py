"""Supervised fine-tuning on the best answers that search found.

Zelikman et al. 2022, "STaR: Bootstrapping Reasoning With Reasoning", in the form of rejection
sampling: the model learns its own right answers, of which search finds more. TRL's *prompt-
completion* type in its conversational format.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from tts_async.training.from_search.judging import FinishedAnswer, JudgedSearch, each_text_once
from tts_async.training.from_search.provenance import provenance
from tts_async.training.from_search.recipe import (
    Row,
    check_at_least_one,
    check_basis,
    check_share,
    says,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestAnswers:
    """Rows ``prompt``, ``completion`` of right answers, each text once, the best scored first.

    ``by="vote"`` takes the winner of the vote instead, and needs no reference answer. An answer
    below ``min_score`` is left out, and so is one without a score where there is a ``min_score``.
    ``most`` answers of each search at most.
    """

    content: ClassVar[tuple[str, ...]] = ("prompt", "completion")

    by: Literal["reference", "vote"] = "reference"
    min_score: float | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        check_basis(self.by, "reference", "vote")
        check_share("min_score", self.min_score)
        check_at_least_one("most", self.most)

    def rows(self, search: JudgedSearch) -> Sequence[Row]:
        """One for each answer that is good enough."""
        good = [answer for answer in self._elected(search) if self._is_good_enough(answer)]
        good.sort(key=lambda answer: answer.score or 0.0, reverse=True)  # stable: then tree order
        return [
            {
                "prompt": list(search.prompt),
                "completion": says(answer.text),
                "score": answer.score,
                **provenance(search, path=answer.path),
            }
            for answer in each_text_once(good)[: self.most]
        ]

    def _elected(self, search: JudgedSearch) -> list[FinishedAnswer]:
        if self.by == "reference":
            return [answer for answer in search.answers if answer.right]
        winner = search.record.result.winner
        return [answer for answer in search.answers if winner and answer.path == winner.path]

    def _is_good_enough(self, answer: FinishedAnswer) -> bool:
        if self.min_score is None:
            return True
        return answer.score is not None and answer.score >= self.min_score
