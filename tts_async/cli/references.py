"""Horizontal lines for the curve: ``--reference "8x larger model, greedy=0.81"``."""

from collections.abc import Sequence
from pathlib import Path

from tts_async.errors import ConfigurationError
from tts_async.evaluation import load_results


def read_references(values: Sequence[str]) -> dict[str, float]:
    """Labels and accuracies from ``LABEL=ACCURACY``; the accuracy may be a ``results.json``.

    From a file the greedy row counts. Raises ``ConfigurationError``.
    """
    references = {}
    for value in values:
        label, sign, amount = value.rpartition("=")
        if not sign or not label.strip():
            raise ConfigurationError(f"reference: expected LABEL=ACCURACY, got {value!r}")
        references[label.strip()] = _accuracy(amount.strip())
    return references


def _accuracy(amount: str) -> float:
    if amount.endswith(".json"):
        return _greedy_of(Path(amount))
    try:
        accuracy = float(amount)
    except ValueError:
        accuracy = -1.0
    if not 0.0 <= accuracy <= 1.0:
        raise ConfigurationError(
            f"reference: expected an accuracy from 0 to 1 or a results.json, got {amount!r}"
        )
    return accuracy


def _greedy_of(path: Path) -> float:
    try:
        _, results = load_results(path)
    except ConfigurationError as error:
        raise ConfigurationError(f"reference: {error}") from error
    accuracies = [row.accuracy for row in results.rows if row.strategy == "greedy"]
    if not accuracies:
        raise ConfigurationError(f"reference: {path} has no row of greedy")
    return accuracies[0]
