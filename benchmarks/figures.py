"""The command line that benchmarks of one table of figures have in common."""

import argparse
import asyncio
import json
from collections.abc import Coroutine
from typing import Any, Protocol


class Measure(Protocol):
    """Every figure of a benchmark, by its name."""

    def __call__(self, *, quick: bool) -> Coroutine[Any, Any, dict[str, Any]]:
        """Measure; ``quick``: less of everything."""
        ...


def print_figures(measure: Measure, about: str, quick_help: str) -> None:
    """Read ``--json`` and ``--quick``, measure, and print a line for each figure or one object."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=quick_help)
    options = parser.parse_args()
    figures = asyncio.run(measure(quick=options.quick))
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name}: {value}")
