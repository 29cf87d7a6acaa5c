"""Train your own process reward model: a recipe for any generator and any problems with answers.

Four stages, each a function here and a sub-command of ``python -m tts_async.training``:

1. ``roll_out`` draws solutions and says which are right;
2. ``label_by_completions`` (Monte Carlo) or ``label_by_rule`` labels their steps;
3. ``train_verifier`` fine-tunes a language model on the labels;
4. ``measure_verifier`` says how well a verifier tells right steps from wrong ones.

The first two append to files of JSON lines and continue where they were stopped.

And from searches that are done, training data for generators as well: ``export_searches`` with
``BestAnswers`` (supervised fine-tuning), ``PreferencePairs`` (DPO) or ``StepLabels``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tts_async.step_metrics import StepMetrics
from tts_async.training.from_search.best_answers import BestAnswers
from tts_async.training.from_search.exporting import ExportReport, export_searches
from tts_async.training.from_search.preference_pairs import PreferencePairs
from tts_async.training.from_search.recipe import Recipe
from tts_async.training.from_search.searches import SearchRecord, read_searches
from tts_async.training.from_search.step_labels import StepLabels
from tts_async.training.labelling import Rule, label_by_completions, label_by_rule
from tts_async.training.measuring import compare_labels, measure_verifier
from tts_async.training.recipe import TrainingOptions, TrainingReport
from tts_async.training.rollout import roll_out
from tts_async.training.solutions import Solution, read_solutions
from tts_async.training.stepwise import LabelledSolution, read_labelled

if TYPE_CHECKING:
    from tts_async.training.fine_tuning import train_verifier

__all__ = [
    "BestAnswers",
    "ExportReport",
    "LabelledSolution",
    "PreferencePairs",
    "Recipe",
    "Rule",
    "SearchRecord",
    "Solution",
    "StepLabels",
    "StepMetrics",
    "TrainingOptions",
    "TrainingReport",
    "compare_labels",
    "export_searches",
    "label_by_completions",
    "label_by_rule",
    "measure_verifier",
    "read_labelled",
    "read_searches",
    "read_solutions",
    "roll_out",
    "train_verifier",
]


def __getattr__(name: str) -> Any:
    """``train_verifier`` needs torch, and the other stages do not."""
    if name == "train_verifier":
        return import_module("tts_async.training.fine_tuning").train_verifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
