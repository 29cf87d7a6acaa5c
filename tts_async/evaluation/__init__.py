"""Measure strategies on problems with known answers.

``load_problems`` reads them, ``evaluate`` runs one strategy over them, ``Report`` adds up, and
``draw_table``, ``Folder`` and ``plot_accuracy`` show the outcome::

    async with Solver() as solver:
        problems = load_problems("arithmetic", limit=50)
        report = Report("arithmetic", problems=len(problems))
        for strategy in plan_runs(["greedy", "dvts"], [4, 16]):
            row = report.begin(strategy)
            async for outcome in evaluate(solver, problems, strategy):
                row.add(outcome)
    rich.print(draw_table(report))
"""

from tts_async.evaluation.datasets import load_problems
from tts_async.evaluation.files import Folder
from tts_async.evaluation.plans import fitting_width, label_of, plan_runs
from tts_async.evaluation.plot import plot_accuracy
from tts_async.evaluation.report import Report, Row
from tts_async.evaluation.runner import Outcome, evaluate
from tts_async.evaluation.table import draw_table

__all__ = [
    "Folder",
    "Outcome",
    "Report",
    "Row",
    "draw_table",
    "evaluate",
    "fitting_width",
    "label_of",
    "load_problems",
    "plan_runs",
    "plot_accuracy",
]
