"""Pictures of runs: how full the machines were over time, and how long everything took."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.fleet.measure import Measured

POINTS = 400


def plot_occupancy(runs: Mapping[str, Measured], capacity: int, path: Path) -> None:
    """One panel per schedule: the generator's batch and the verifier's share of busy time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.7 * len(runs)), layout="constrained")
    panels = figure.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (name, run) in zip(panels, runs.items(), strict=True):
        moments = [run.makespan * i / POINTS for i in range(POINTS + 1)]
        panel.fill_between(moments, sample(run.running, capacity, moments), step="mid", alpha=0.5)
        panel.plot(moments, busy_shares(run.batches, moments), color="tab:red", linewidth=1)
        panel.set(title=f"{name}: {run.makespan:.1f} s", ylim=(0, 1.05))
    panels[-1].set_xlabel("simulated seconds")
    figure.supylabel("generator's batch (blue), verifier busy (red)")
    figure.savefig(path, dpi=150)


def plot_ratios(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """One panel per strategy: a group of bars per cell, makespans over ``tts_async``'s."""
    from matplotlib.figure import Figure

    strategies = list(dict.fromkeys(row["strategy"] for row in rows))
    schedules = list(dict.fromkeys(row["schedule"] for row in rows))
    cells = sorted({(row["n"], row["problems"]) for row in rows})
    width = 0.8 / len(schedules)
    figure = Figure(figsize=(2 + len(cells), 3 * len(strategies)), layout="constrained")
    panels = figure.subplots(len(strategies), 1, squeeze=False)[:, 0]
    for panel, strategy in zip(panels, strategies, strict=True):
        for number, schedule in enumerate(schedules):
            bars = {
                cells.index((row["n"], row["problems"])) + number * width: row["ratio"]
                for row in rows
                if (row["strategy"], row["schedule"]) == (strategy, schedule)
            }
            panel.bar(list(bars), list(bars.values()), width, label=schedule, align="edge")
        labels = [f"n={n}\n{problems}" for n, problems in cells]
        panel.set_xticks([cell + 0.4 for cell in range(len(cells))], labels)
        panel.axhline(1, color="black", linewidth=0.5)
        panel.set(title=strategy, ylabel="makespan over tts_async's")
    panels[-1].set_xlabel("n and number of problems")
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=2, fontsize="small")
    figure.savefig(path, dpi=150)


def sample(
    history: Sequence[tuple[float, int]], capacity: int, moments: Sequence[float]
) -> list[float]:
    """A step function at increasing moments, as a share of the capacity."""
    values, index, running = [], 0, 0
    for moment in moments:
        while index < len(history) and history[index][0] <= moment:
            running = history[index][1]
            index += 1
        values.append(running / capacity)
    return values


def busy_shares(batches: Sequence[tuple[float, float]], moments: Sequence[float]) -> list[float]:
    """The share of busy time in a window around every moment."""
    window = max(moments[-1] / 40, 1e-9)
    shares = []
    for moment in moments:
        low, high = max(0.0, moment - window / 2), min(moments[-1], moment + window / 2)
        busy = sum(max(0.0, min(end, high) - max(begin, low)) for begin, end in batches)
        shares.append(busy / (high - low))
    return shares
