"""Labelled solutions, in the *stepwise supervision* format of TRL.

One JSON line per solution: ``prompt`` (the problem), ``completions`` (its steps, without the empty
line that ends them) and ``labels`` (a boolean per step), which is what TRL's ``PRMTrainer`` reads.
Its other columns are ours, and ignored there: ``shares`` (soft labels, in [0, 1]) where they were
estimated, ``id`` and ``sample`` (which solution it is), ``labelled_by`` (how).

``read_labelled`` also takes the format of ProcessBench: ``problem``, ``steps`` and ``label``, the
index of the first wrong step, -1 where there is none. Its labels end with the first wrong step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tts_async.errors import DatasetError
from tts_async.step_metrics import NO_ERROR, first_error
from tts_async.steps import DELIMITER
from tts_async.training.row_file import read_rows
from tts_async.training.solutions import Solution
from tts_async.types.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSolution:
    """A problem, the steps of one solution (delimiters kept), and what is known of them.

    ``labels`` and, where there are any, ``shares``: one per step. Only labels of ProcessBench may
    be fewer, ending with the first wrong step.
    """

    problem: Problem
    steps: tuple[str, ...]
    labels: tuple[bool, ...]
    shares: tuple[float, ...] | None = None
    sample: int = 0
    labelled_by: str = ""

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other solution of a run."""
        return self.problem.id, self.sample

    @property
    def targets(self) -> tuple[float, ...]:
        """What a model should say of each step: the share where there is one, else 0 or 1."""
        return self.shares or tuple(map(float, self.labels))

    def up_to_the_first_error(self) -> "LabelledSolution":
        """Without the steps that come after the first wrong one."""
        place = first_error(self.labels)
        if place == NO_ERROR:
            return self
        shares = None if self.shares is None else self.shares[: place + 1]
        return replace(
            self, steps=self.steps[: place + 1], labels=self.labels[: place + 1], shares=shares
        )

    def to_dict(self) -> dict[str, Any]:
        """As plain data in TRL's format."""
        row: dict[str, Any] = {
            "prompt": self.problem.text,
            "completions": [step.removesuffix(DELIMITER) for step in self.steps],
            "labels": list(self.labels),
            "id": self.problem.id,
            "sample": self.sample,
            "labelled_by": self.labelled_by,
        }
        return row if self.shares is None else {**row, "shares": list(self.shares)}


def label_solution(
    solution: Solution,
    labels: Sequence[bool],
    labelled_by: str,
    *,
    shares: Sequence[float] | None = None,
) -> LabelledSolution:
    """A solution with the labels of its whole steps."""
    return LabelledSolution(
        problem=solution.problem,
        steps=solution.whole_steps,
        labels=tuple(labels),
        shares=None if shares is None else tuple(shares),
        sample=solution.sample,
        labelled_by=labelled_by,
    )


def read_labelled(path: str | Path) -> list[LabelledSolution]:
    """The labelled solutions of a file in either format.

    Raises ``DatasetError`` that names the line and what is wrong with it.
    """
    return [
        _from_process_bench(row, place) if "label" in row else from_stepwise(row, place)
        for place, row in read_rows(path)
    ]


def from_stepwise(row: Mapping[str, Any], place: str) -> LabelledSolution:
    """The inverse of ``LabelledSolution.to_dict``; ``place`` names the row in errors."""
    steps = _steps(row, "completions", place)
    labels, shares = _column(row, "labels", list, place), row.get("shares")
    if len(labels) != len(steps) or not all(label in (True, False) for label in labels):
        raise DatasetError(
            f"{place}: 'labels' must be a boolean for each of the {len(steps)} completions, "
            f"got {labels}"
        )
    if shares is not None and not _are_shares(shares, len(steps)):
        raise DatasetError(
            f"{place}: 'shares' must be a number in [0, 1] for each of the {len(steps)} "
            f"completions, got {shares}"
        )
    return LabelledSolution(
        problem=_problem(row, "prompt", place),
        steps=steps,
        labels=tuple(map(bool, labels)),
        shares=None if shares is None else tuple(map(float, shares)),
        sample=int(row.get("sample", 0)),
        labelled_by=str(row.get("labelled_by", "")),
    )


def _from_process_bench(row: Mapping[str, Any], place: str) -> LabelledSolution:
    steps = _steps(row, "steps", place)
    label = row["label"]
    if isinstance(label, bool) or not isinstance(label, int) or not NO_ERROR <= label < len(steps):
        raise DatasetError(
            f"{place}: 'label' must be the index of the first wrong of {len(steps)} steps, or -1, "
            f"got {label!r}"
        )
    labels = [True] * len(steps) if label == NO_ERROR else [True] * label + [False]
    return LabelledSolution(
        problem=_problem(row, "problem", place),
        steps=steps,
        labels=tuple(labels),
        labelled_by="ProcessBench",
    )


def _problem(row: Mapping[str, Any], name: str, place: str) -> Problem:
    text = _column(row, name, str, place)
    if not text.strip():
        raise DatasetError(f"{place}: {name!r} is empty; remove the row")
    return Problem(text, id=str(row.get("id", "")))


def _steps(row: Mapping[str, Any], name: str, place: str) -> tuple[str, ...]:
    """The steps of a column, each but the last with its delimiter."""
    texts = _column(row, name, list, place)
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
        raise DatasetError(f"{place}: {name!r} must be a list of steps, none of them empty")
    *earlier, last = (text.removesuffix(DELIMITER) for text in texts)
    return (*(text + DELIMITER for text in earlier), last)


def _column(row: Mapping[str, Any], name: str, kind: type, place: str) -> Any:
    if not isinstance(row.get(name), kind):
        columns = ", ".join(map(repr, row)) or "none"
        raise DatasetError(
            f"{place}: no column {name!r} with a {kind.__name__} (it has {columns}); expected "
            "prompt, completions and labels, or problem, steps and label as in ProcessBench"
        )
    return row[name]


def _are_shares(shares: Any, count: int) -> bool:
    return (
        isinstance(shares, list)
        and len(shares) == count
        and all(isinstance(share, int | float) and 0 <= share <= 1 for share in shares)
    )
