"""Problems with known answers, from wherever they are.

``load_problems`` is the one entry. A reader for each format (``lines``, ``json_file``, ``table``,
``parquet``, ``repository``) yields rows with their places, ``columns`` makes problems of them,
``bad_rows`` keeps account of those that are none, ``identity`` gives every problem an id of its
own, ``traits`` tells level and subject.
"""

from tts_async.evaluation.datasets.arithmetic import ARITHMETIC
from tts_async.evaluation.datasets.bad_rows import BadRows, SkippedRows
from tts_async.evaluation.datasets.columns import Columns
from tts_async.evaluation.datasets.load import load_problems
from tts_async.evaluation.datasets.traits import level_of, subject_of

__all__ = [
    "ARITHMETIC",
    "BadRows",
    "Columns",
    "SkippedRows",
    "level_of",
    "load_problems",
    "subject_of",
]
