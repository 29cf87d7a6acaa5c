"""The content of a ``results.json``, small and made up."""

from typing import Any

HOSTILE = "<script>alert('x')</script>|`$x$` _&*[a](b)\n\x00\ud800\u202e漢"
"""Everything that means something to HTML, Markdown, TeX, SVG or a terminal."""


def row(strategy: str, n: int | None, accuracy: float, **changes: Any) -> dict[str, Any]:
    """One row of 40 outcomes, with two levels and two subjects."""
    tokens = 90 * (n or 1)
    group = {"problems": 20, "correct": round(20 * accuracy), **bounds(accuracy)}
    return {
        "strategy": strategy,
        "select": None,
        "n": n,
        "settings": f"{strategy}(n={n})",
        "complete": True,
        "runs": 40,
        "problems": 20,
        "correct": round(40 * accuracy),
        "errors": 0,
        **bounds(accuracy),
        "stderr": 0.05,
        "difference": {"to": "greedy", "value": 0.125, "low": -0.05, "high": 0.3},
        "pass_at_k": {"1": accuracy, "4": min(1.0, accuracy + 0.1)} if n else {},
        "seeds": [
            {"seed": seed, "problems": 20, "correct": 0, "accuracy": accuracy, "tokens": 0}
            for seed in (0, 1)
        ],
        "tokens": 40 * tokens,
        "tokens_per_problem": float(tokens),
        "replayed_tokens": 10 * tokens,
        "expansions": 40,
        "verifier_calls": 160,
        "seconds": 2.5,
        "by_level": {"2": group, "10": group},
        "by_subject": {"Algebra": group, "Geometry": group},
        **changes,
    }


def bounds(accuracy: float) -> dict[str, float]:
    """An accuracy and an interval around it."""
    return {
        "accuracy": accuracy,
        "low": max(0.0, accuracy - 0.08),
        "high": min(1.0, accuracy + 0.08),
    }


def results(*rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An evaluation of these rows, with lanes that were busy."""
    end = 2.5 * len(rows)
    return {
        "schema": 2,
        "version": "0.1.0",
        "created": "2026-11-22T14:00:00+00:00",
        "interrupted": False,
        "dataset": "arithmetic",
        "level": None,
        "limit": None,
        "seed": 0,
        "seeds": [0, 1],
        "problems": 20,
        "generator": "embedded",
        "verifier": "embedded",
        "confidence_level": 0.95,
        "rows": [*rows],
        "occupancy": {
            "interval_s": 0.1,
            "generation": [0.9] * int(10 * end),
            "verification": [0.4] * int(10 * end),
            "rows": [
                {"label": f"{each['strategy']} n={each['n']}", "start_s": 2.5 * i, "end_s": end}
                for i, each in enumerate(rows)
            ],
        },
        **changes,
    }


def usual(**changes: Any) -> dict[str, Any]:
    """Greedy decoding and three strategies at two budgets, Best-of-N with two selections."""
    return results(
        row("greedy", 1, 0.5),
        *(row("majority", n, 0.3 + n / 100) for n in (4, 16)),
        *(row("best_of_n", n, 0.35 + n / 90, select="naive") for n in (4, 16)),
        *(row("best_of_n", n, 0.4 + n / 80, select="weighted") for n in (4, 16)),
        *(row("dvts", n, 0.45 + n / 70, select="weighted") for n in (4, 16)),
        **changes,
    )
