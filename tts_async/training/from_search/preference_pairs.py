r"""Pairs of a better and a worse answer, for Direct Preference Optimization.

Rafailov et al. 2023, "Direct Preference Optimization", on the steps of one search: Lai et al. 2024,
"Step-DPO"; Xie et al. 2024, "Monte Carlo Tree Search Boosts Reasoning via Iterative Preference
Learning". TRL's *preference* type in its conversational format.

Two siblings are two steps that were drawn from the same beginning. Both answers of a pair are
written out, from the shared beginning to the end. A prompt that ended inside the answer would be
wrong in TRL: it closes the assistant's turn behind the prompt, and behind the step too, so that the
model would learn to stop there. And nothing is lost: tokens that both answers share have the same
probabilities in both, so they cancel out of the loss, which compares the two sums. The beginning
and the two steps also stand in columns of their own, for trainers that want just these.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

from tts_async.errors import ConfigurationError
from tts_async.training.from_search.beginnings import grow_beginnings
from tts_async.training.from_search.judging import FinishedAnswer, JudgedSearch, each_text_once
from tts_async.training.from_search.provenance import provenance
from tts_async.training.from_search.recipe import Row, check_at_least_one, check_basis, says

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePairs:
    """Rows ``prompt``, ``chosen``, ``rejected`` of answers whose values differ by ``margin``.

    ``between="siblings"`` compares steps with the same beginning: the value of a step is the share
    of right ones among the answers that go on from it, of which there have to be ``min_answers``.
    The chosen step is completed by the best of its answers, the rejected one by the worst.
    ``between="answers"`` compares whole answers. The best is paired with the worst, the second
    best with the second worst and so on, so nothing is in two pairs with the same beginning.
    ``by="score"`` values answers by the verifier's score, and needs no reference answer.
    """

    content: ClassVar[tuple[str, ...]] = ("prompt", "chosen", "rejected")

    between: Literal["siblings", "answers"] = "siblings"
    by: Literal["reference", "score"] = "reference"
    margin: float = 0.5
    min_answers: int = 1

    def __post_init__(self) -> None:
        check_basis(self.by, "reference", "score")
        check_at_least_one("min_answers", self.min_answers)
        if self.between not in ("siblings", "answers"):
            raise ConfigurationError(
                f"between: expected one of siblings, answers; got {self.between!r}"
            )
        if not 0 < self.margin <= 1:
            raise ConfigurationError(f"margin: must be in (0, 1], got {self.margin}")

    def rows(self, search: JudgedSearch) -> Sequence[Row]:
        """One for each pair."""
        if self.by == "score":
            search = search.with_scores()
        pairs = self._siblings if self.between == "siblings" else self._answers
        return list(pairs(search))

    def _siblings(self, search: JudgedSearch) -> Iterator[Row]:
        for shared in grow_beginnings(search.answers):
            siblings = [s for s in shared.longer.values() if len(s.answers) >= self.min_answers]
            for chosen, rejected in self._matched(siblings, lambda step: step.value(self.by)):
                yield {
                    **_pair(search, chosen.best(self.by), rejected.worst(self.by)),
                    "chosen_value": chosen.value(self.by),
                    "rejected_value": rejected.value(self.by),
                    "beginning": "".join(shared.steps),
                    "chosen_step": chosen.steps[-1],
                    "rejected_step": rejected.steps[-1],
                }

    def _answers(self, search: JudgedSearch) -> Iterator[Row]:
        distinct = each_text_once(search.answers)
        distinct.sort(key=lambda answer: answer.score or 0.0, reverse=True)
        for chosen, rejected in self._matched(distinct, lambda answer: answer.worth(self.by)):
            yield {
                **_pair(search, chosen, rejected),
                "chosen_value": chosen.worth(self.by),
                "rejected_value": rejected.worth(self.by),
            }

    def _matched(self, items: Sequence[T], value: Callable[[T], float]) -> Iterator[tuple[T, T]]:
        """The best with the worst, and so on inwards, while they differ by the margin."""
        ranked = sorted(items, key=value, reverse=True)
        for better, worse in zip(ranked, reversed(ranked), strict=True):
            if round(value(better) - value(worse), 9) < self.margin:  # 0.7 - 0.2 is half
                break
            yield better, worse


def _pair(search: JudgedSearch, chosen: FinishedAnswer, rejected: FinishedAnswer) -> Row:
    return {
        "prompt": list(search.prompt),
        "chosen": says(chosen.text),
        "rejected": says(rejected.text),
        **provenance(search, chosen=chosen.path, rejected=rejected.path),
    }
