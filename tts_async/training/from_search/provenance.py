"""Where a row comes from: a column of its own, which trainers ignore."""

from typing import Any

from tts_async.training.from_search.judging import JudgedSearch
from tts_async.types.node import Path


def provenance(search: JudgedSearch, **paths: Path) -> dict[str, Any]:
    """The search that drew a row, and under the names given places in its tree."""
    record, result = search.record, search.record.result
    return {
        "provenance": {
            "problem": result.problem.id,
            "strategy": result.strategy,
            "n": result.n,
            "seed": result.seed,
            "run": record.run,
            "model": record.model,
            **{name: list(path) for name, path in paths.items()},
            "tts_async": record.version,
        }
    }
