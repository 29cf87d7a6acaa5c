"""Measure strategies on problems with known answers.

``load_problems`` reads them, ``evaluate`` runs one strategy over them, ``Report`` adds up, and
``draw_table``, ``Folder`` and ``write_report`` show the outcome::

    async with Solver() as solver:
        problems = load_problems("arithmetic", limit=50)
        report = Report("arithmetic", problems=len(problems))
        for strategy in plan_runs(["greedy", "dvts"], [4, 16]):
            row = report.begin(strategy)
            async for outcome in evaluate(solver, problems, strategy):
                row.add(outcome)
    rich.print(draw_table(report))
"""

from tts_async.evaluation.datasets import Columns, SkippedRows, load_problems
from tts_async.evaluation.files import Folder
from tts_async.evaluation.plans import fitting_width, label_of, plan_runs
from tts_async.evaluation.report import Report
from tts_async.evaluation.results import load_results
from tts_async.evaluation.row import Row
from tts_async.evaluation.runner import Outcome, evaluate
from tts_async.evaluation.table import draw_table
from tts_async.evaluation.write_report import write_report

__all__ = [
    "Columns",
    "Folder",
    "Outcome",
    "Report",
    "Row",
    "SkippedRows",
    "draw_table",
    "evaluate",
    "fitting_width",
    "label_of",
    "load_problems",
    "load_results",
    "plan_runs",
    "write_report",
]
