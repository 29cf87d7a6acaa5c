"""Horizontal lines for the curve: ``--reference "8x larger model, greedy=0.81"``."""

import json
from collections.abc import Sequence
from pathlib import Path

from tts_async.errors import ConfigurationError


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
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        accuracies = [float(row["accuracy"]) for row in rows if row["strategy"] == "greedy"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"reference: {path} is not a results.json ({error})") from error
    if not accuracies:
        raise ConfigurationError(f"reference: {path} has no row of greedy")
    return accuracies[0]
