"""The arithmetic of an evaluation: accuracy, pass@k and paired differences, each with its source.

Nothing here knows of strategies or files: numbers in, numbers out.
"""

from tts_async.evaluation.metrics.accuracy import (
    CONFIDENCE_LEVEL,
    Accuracy,
    Trials,
    accuracy_of,
    wilson_interval,
)
from tts_async.evaluation.metrics.clusters import clustered_variance
from tts_async.evaluation.metrics.difference import Difference, paired_difference
from tts_async.evaluation.metrics.pass_at_k import mean_pass_at_k, pass_at_k

__all__ = [
    "CONFIDENCE_LEVEL",
    "Accuracy",
    "Difference",
    "Trials",
    "accuracy_of",
    "clustered_variance",
    "mean_pass_at_k",
    "paired_difference",
    "pass_at_k",
    "wilson_interval",
]
