"""The model card of a trained verifier: what it is, what it saw, how to use it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

from tts_async import __version__
from tts_async.training.recipe import TrainingOptions, TrainingReport
from tts_async.training.stepwise import LabelledSolution

CARD = "README.md"
AVERAGED = 20
"""So many batches are the beginning, and so many the end, of the training."""


def write_card(
    folder: Path,
    *,
    base: str | Path,
    solutions: Sequence[LabelledSolution],
    options: TrainingOptions,
    report: TrainingReport,
    command: str,
) -> None:
    """Write ``README.md`` next to the weights."""
    labels = [label for solution in solutions for label in solution.labels]
    methods = sorted({solution.labelled_by for solution in solutions} - {""}) or ["unknown"]
    problems = len({solution.problem.id for solution in solutions})
    settings = "\n".join(f"| `{name}` | `{value!r}` |" for name, value in asdict(options).items())
    text = f"""---
base_model: {base}
pipeline_tag: token-classification
tags: [process-reward-model, trl, tts_async]
---

# A process reward model

Fine-tuned from `{base}` by tts_async {__version__} as a token classifier in the format of TRL:
after every step stands a line break, and there the classes are wrong (0) and right (1).

    {command or "train_verifier(…)"}

## Data

{report.solutions} solutions to {problems} problems, {len(labels)} labelled steps,
{100 * fmean(labels):.1f} % of them right. Labelled by: {"; ".join(methods)}. Left out because they
do not fit into the model's context: {report.too_long}.

## Training

{report.steps} steps. Cross-entropy per step of a solution: {fmean(report.losses[:AVERAGED]):.4f} at
the beginning, {fmean(report.losses[-AVERAGED:]):.4f} at the end (means over {AVERAGED} batches, on
what is being learned).

| Option | Value |
|---|---|
{settings}
"""
    (folder / CARD).write_text(text, encoding="utf-8")
