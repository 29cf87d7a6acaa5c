"""Small policies for tests."""

from tts_async.strategies.compute_optimal import (
    Choice,
    Difficulty,
    Measure,
    Policy,
    PolicyRow,
    Provenance,
)


def policy_of(
    *by_difficulty: Choice, overall: Choice, measure: Measure = "score", pilots: int = 4
) -> Policy:
    """One row at the largest ``n``; classes cut [0, 1] into equal parts, easiest first."""
    count = len(by_difficulty)
    return Policy(
        provenance=Provenance(source="a test"),
        difficulty=Difficulty(
            measure=measure,
            pilots=pilots,
            thresholds=tuple(1 - part / count for part in range(1, count)),
        ),
        rows=(PolicyRow(budget=overall.n, overall=overall, by_difficulty=by_difficulty),),
    )
