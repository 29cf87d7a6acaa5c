"""Labelled steps for a process reward model, by Monte Carlo on the tree that is there.

As in ``monte_carlo``, a step is right when a right answer was reached from it; here by the search
itself, without another draw. What search did not follow up is not labelled. TRL's *stepwise
supervision* type.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import ClassVar, Literal

from tts_async.training.from_search.beginnings import grow_beginnings
from tts_async.training.from_search.judging import JudgedSearch
from tts_async.training.from_search.provenance import provenance
from tts_async.training.from_search.recipe import Row, check_at_least_one, check_basis
from tts_async.training.stepwise import LabelledSolution


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabels:
    """Rows ``prompt``, ``completions``, ``labels`` of the answers, up to the first wrong step.

    A step is right when some answer that begins so is right. With ``soft`` the column ``shares``
    holds the share of them. An answer is cut where fewer than ``min_answers`` begin like it.
    """

    content: ClassVar[tuple[str, ...]] = ("prompt", "completions")

    by: Literal["reference"] = "reference"
    soft: bool = False
    min_answers: int = 1

    def __post_init__(self) -> None:
        check_basis(self.by, "reference")
        check_at_least_one("min_answers", self.min_answers)

    def rows(self, search: JudgedSearch) -> Sequence[Row]:
        """One for each answer; those that are the same up to the cut are one."""
        root = grow_beginnings(search.answers)
        problem = search.record.result.problem
        rows: dict[tuple[str, ...], Row] = {}  # by what stands in them: the first one counts
        for sample, answer in enumerate(search.answers):
            known = takewhile(lambda b: len(b.answers) >= self.min_answers, root.towards(answer))
            shares = tuple(beginning.value(self.by) for beginning in known)
            labelled = LabelledSolution(
                problem=problem,
                steps=answer.steps[: len(shares)],
                labels=tuple(share > 0 for share in shares),
                shares=shares if self.soft else None,
                sample=sample,
                labelled_by=f"answers of a search, {'soft' if self.soft else 'hard'}",
            ).up_to_the_first_error()
            if labelled.steps:
                row = labelled.to_dict() | provenance(search, path=answer.path)
                rows.setdefault(tuple(row["completions"]), row)
        return list(rows.values())
