"""Which strategy for which difficulty: learned from evaluations, judged on held-out problems.

``read_cases`` reads the folders of evaluations, ``calibrate`` makes a ``Policy`` of them for
``ComputeOptimal`` and says what it is worth, ``draw_calibration`` shows that as tables::

    async with AnswerChecker() as checker:
        found = await read_cases(["runs/sweep"], measure="score", pilots=4, checker=checker)
    calibration = calibrate(found.cases, found.options, provenance=Provenance(source="runs/sweep"))
    calibration.policy.save("policy.json")
"""

from tts_async.evaluation.calibration.calibrate import Calibration, calibrate
from tts_async.evaluation.calibration.cases import Case, Trial
from tts_async.evaluation.calibration.reading import Evaluations, read_cases
from tts_async.evaluation.calibration.table import draw_calibration
from tts_async.evaluation.calibration.worth import BudgetReport, Rival, Single

__all__ = [
    "BudgetReport",
    "Calibration",
    "Case",
    "Evaluations",
    "Rival",
    "Single",
    "Trial",
    "calibrate",
    "draw_calibration",
    "read_cases",
]
