"""Schedules compared on the same simulated machines, solving the same problems.

``python -m benchmarks.schedules [--json] [--quick] [--plot DIR]``: about half an hour on one core,
with ``--quick`` about 30 s; ``--n``, ``--problems`` and ``--schedules`` choose rows.

A generator with continuous batching and a process reward model, each on a machine of its own, take
the time that a roofline gives them (``benchmarks/fleet/costs.py``). What they produce is a trace, a
pure function of the place in the tree, so every schedule expands the very same trees; the run fails
if one does not. The schedules (``benchmarks/fleet/baselines.py``):

- ``lock_step``: the reference implementation's, which scores whole texts
- ``gather``: a coroutine per problem and a semaphore, as asyncio libraries do; one call of the
  verifier at a time, whole texts
- ``tts_async``: ``Solver.solve_many``; ``tts_async, speculating``: with ``speculate=True``
- ``…, our verifier``: with the verifier that ``tts_async`` has, which reuses prefixes and merges
  calls, so that what is left of the difference is the schedule's
- ``tts_async, whole texts``: the other way round

All of it runs in virtual time, in which the programs' own CPU costs nothing. The ``http`` rows run
in real time, over HTTP to a server process: they check the virtual ones. ``lag`` is how much this
computer added; a row with more than 5 % of it is not ``valid``.

A row: ``makespan_s``; ``eta`` = lower bound / makespan; ``occupancy`` of the generator's batch and
``verifier_busy``, as shares of the makespan; ``mean_s`` and ``p95_s`` until a problem is solved,
all of them waiting from the start; ``waste``, the share of generated tokens that were not needed;
``ratio`` = makespan / makespan of ``tts_async``.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fleet.bound import measure_demand
from benchmarks.fleet.costs import COSTS
from benchmarks.fleet.measure import (
    SCHEDULES,
    Measured,
    Schedule,
    as_row,
    run_in_virtual_time,
    run_over_http,
)
from benchmarks.fleet.plots import plot_occupancy, plot_ratios
from benchmarks.fleet.rounds import AnyStrategy
from benchmarks.fleet.trace import make_problems
from tts_async import DVTS, BeamSearch, BestOfN

LARGEST_LAG = 0.05
OURS = "tts_async"
HTTP_PROBLEMS, HTTP_N = 8, 16
COLUMNS = (
    *("strategy", "n", "problems", "schedule", "clock", "makespan_s", "eta", "occupancy"),
    *("verifier_busy", "mean_s", "p95_s", "waste", "ratio", "lag", "valid"),
)
OVER_HTTP = ("lock_step, our verifier", "gather, our verifier", OURS)


def strategies(n: int) -> list[AnyStrategy]:
    """What is compared; early stop would change the work, not only its order."""
    return [BestOfN(n, early_stop=False), BeamSearch(n), DVTS(n)]


class Comparison:
    """Runs cells and collects their rows."""

    def __init__(self, costs: str, capacity: int, schedules: Sequence[Schedule]) -> None:
        self.rows: list[dict[str, Any]] = []
        self._name, self._costs = costs, COSTS[costs]
        self._capacity = capacity
        self._schedules = schedules

    def run_cell(self, strategy: AnyStrategy, problems: int) -> dict[str, Measured]:
        """Every schedule on one strategy and number of problems."""
        asked = make_problems(problems)
        demand = measure_demand(asked, strategy, self._costs)
        runs, rows = {}, []
        for schedule in self._schedules:
            start = time.perf_counter()
            run = run_in_virtual_time(schedule, asked, strategy, self._costs, self._capacity)
            check_work(schedule, run, demand.generated)
            runs[schedule.name] = run
            rows.append(
                name_cell(strategy, problems, schedule)
                | {"clock": "virtual"}
                | as_row(run, self._costs, demand.critical_path, demand.generated)
            )
            show_progress(rows[-1], time.perf_counter() - start)
        ours = next((row["makespan_s"] for row in rows if row["schedule"] == OURS), None)
        for row in rows:
            row["ratio"] = ours and round(row["makespan_s"] / ours, 2)
        self.rows += rows
        return runs

    def check_over_http(
        self, strategy: AnyStrategy, problems: int, names: Sequence[str], scale: float
    ) -> None:
        """Some of the same runs in real time, beside their virtual twins."""
        asked = make_problems(problems)
        demand = measure_demand(asked, strategy, self._costs)
        for schedule in self._schedules:
            cell = name_cell(strategy, problems, schedule)
            twin = next((row for row in self.rows if cell.items() <= row.items()), None)
            if twin is None or schedule.name not in names:
                continue
            start = time.perf_counter()
            run = run_over_http(schedule, asked, strategy, self._name, self._capacity, scale=scale)
            check_work(schedule, run, demand.generated)
            row = cell | {"clock": f"http, 1 s = {scale:g} s"}
            row |= as_row(run, self._costs, demand.critical_path, demand.generated)
            row["lag"] = round(run.lag, 3)
            row["valid"] = run.lag <= LARGEST_LAG
            row["over_virtual"] = round(run.makespan / twin["makespan_s"], 3)
            show_progress(row, time.perf_counter() - start)
            self.rows.append(row)


def name_cell(strategy: AnyStrategy, problems: int, schedule: Schedule) -> dict[str, Any]:
    """What a row is about."""
    names = {"strategy": type(strategy).__name__, "n": strategy.n, "problems": problems}
    return names | {"schedule": schedule.name}


def check_work(schedule: Schedule, run: Measured, needed: int) -> None:
    """A schedule that generates something else is not comparable."""
    spare = run.decoding.tokens - needed
    if spare < 0 or (spare > 0 and "speculating" not in schedule.name):
        raise RuntimeError(f"{schedule.name}: generated {spare:+d} tokens against the others")


def show_progress(row: dict[str, Any], seconds: float) -> None:
    """One line per run, beside the output."""
    keys = ("strategy", "n", "problems", "schedule", "clock", "makespan_s", "eta", "lag")
    shown = "  ".join(f"{row[key]}" for key in keys if key in row)
    print(f"{shown}  ({seconds:.0f} s)", file=sys.stderr, flush=True)


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures that the goals are about: at least 64 problems, n of 16 or more."""
    large = [r for r in rows if r["clock"] == "virtual" and r["problems"] >= 64 and r["n"] >= 16]  # noqa: PLR2004

    def ratios(schedule: str, strategy: str) -> list[float]:
        wanted = (schedule, strategy)
        found = (r for r in large if (r["schedule"], r["strategy"]) == wanted)
        return [r["ratio"] for r in found if r["ratio"]]

    summary: dict[str, Any] = {}
    for strategy in dict.fromkeys(row["strategy"] for row in large):
        etas = [r["eta"] for r in large if (r["schedule"], r["strategy"]) == (OURS, strategy)]
        summary[f"{strategy}.eta"] = span(etas)
        for schedule in dict.fromkeys(row["schedule"] for row in large):
            if schedule != OURS:
                summary[f"{strategy}.over {schedule}"] = span(ratios(schedule, strategy))
    checked = [row for row in rows if row.get("valid")]
    if checked:
        summary["http over virtual"] = span([row["over_virtual"] for row in checked])
    return summary


def span(values: Sequence[float]) -> list[float]:
    """The least and the most."""
    return [min(values), max(values)] if values else []


def cells(options: argparse.Namespace) -> Iterator[tuple[AnyStrategy, int]]:
    """The grid, small cells first."""
    pairs = [(n, problems) for n in options.n for problems in options.problems]
    for n, problems in sorted(pairs, key=lambda pair: pair[0] * pair[1]):
        if n * problems <= options.largest:
            for strategy in strategies(n):
                yield strategy, problems


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Every figure of this benchmark."""
    chosen = [s for s in SCHEDULES if not options.schedules or s.name in options.schedules]
    comparison = Comparison(options.costs, options.capacity, chosen)
    for strategy, problems in cells(options):
        runs = comparison.run_cell(strategy, problems)
        if options.plot:
            name = f"occupancy-{type(strategy).__name__}-{strategy.n}-{problems}.png"
            full = COSTS[options.costs].generator.max_num_seqs
            plot_occupancy(runs, full, options.plot / name)
    compared = [row for row in comparison.rows if row["ratio"]]
    if options.plot and compared:
        plot_ratios(compared, options.plot / "makespans.png")
    checked = (DVTS(HTTP_N), BeamSearch(HTTP_N))[: 1 if options.quick else 2]
    for strategy in checked if options.scale else ():
        names = (OURS,) if options.quick else OVER_HTTP
        comparison.check_over_http(strategy, HTTP_PROBLEMS, names, options.scale)
    return {
        "costs": options.costs,
        "capacity": options.capacity,
        "summary": summarise(comparison.rows),
        "rows": comparison.rows,
    }


def parse_options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a small part of the grid")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="write pictures there")
    parser.add_argument("--costs", choices=COSTS, default="h100")
    parser.add_argument("--n", type=int, nargs="+", metavar="N")
    parser.add_argument("--problems", type=int, nargs="+", metavar="P")
    parser.add_argument("--schedules", nargs="+", choices=[s.name for s in SCHEDULES])
    parser.add_argument(
        "--capacity", type=int, help="sequences in flight; default: twice the server's batch"
    )
    parser.add_argument(
        "--largest", type=int, default=40_000, help="skip cells of more problems times n"
    )
    parser.add_argument(
        "--scale",
        type=float,
        help="seconds per simulated second over HTTP (4, quick: 2); 0: no such rows",
    )
    options = parser.parse_args()
    options.n = options.n or ([16] if options.quick else [4, 16, 64, 256])
    options.problems = options.problems or ([8, 64] if options.quick else [1, 8, 64, 500])
    options.capacity = options.capacity or 2 * COSTS[options.costs].generator.max_num_seqs
    if options.scale is None:
        options.scale = 2.0 if options.quick else 4.0
    return options


def show(figures: dict[str, Any]) -> None:
    """As a table."""
    print("  ".join(COLUMNS))
    for row in figures["rows"]:
        print("  ".join(str(row.get(column, "")) for column in COLUMNS))
    for name, value in figures["summary"].items():
        print(f"{name}: {value}")


def main() -> None:
    """Measure and print."""
    options = parse_options()
    if options.plot:
        options.plot.mkdir(parents=True, exist_ok=True)
    figures = compare(options)
    if options.json:
        print(json.dumps(figures))
    else:
        show(figures)


if __name__ == "__main__":
    main()
