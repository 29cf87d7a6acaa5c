"""The picture of the field: accuracy against the number of samples N, one line per strategy.

Labels stand at the end of their lines instead of in a legend, in the colours of Okabe and Ito,
which stay apart for every kind of colour vision. Horizontal lines show what needs no N: greedy
decoding, and whatever else is worth comparing with (a larger model, say).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tts_async.errors import ConfigurationError

COLOURS: Final = {
    "majority": "#CC79A7",
    "best_of_n": "#D55E00",
    "beam_search": "#009E73",
    "dvts": "#0072B2",
}
OTHER_COLOURS: Final = ("#E69F00", "#56B4E9", "#8C8C00", "#6A3D9A")
GREY: Final = "#6B6B6B"
INK: Final = "#222222"
NAMES: Final = {
    "majority": "majority vote",
    "best_of_n": "best-of-N",
    "beam_search": "beam search",
    "dvts": "DVTS",
}
LABEL_GAP: Final = 0.058
"""The least distance between two labels, in heights of the axes."""


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    colour: str
    counts: Sequence[int]
    accuracies: Sequence[float]
    errors: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    colour: str
    height: float


def plot_accuracy(
    results: Mapping[str, Any], path: str | Path, *, references: Mapping[str, float] | None = None
) -> None:
    """Draw ``Report.to_dict()``, or the content of a ``results.json``, as a PNG.

    ``references`` maps labels to accuracies in [0, 1], drawn as horizontal lines. Bands are one
    standard error wide on either side. Raises ``ConfigurationError`` without matplotlib.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigurationError(
            "plot: matplotlib is not installed; pip install 'tts-async[plot]'"
        ) from error
    levels = {**_greedy(results["rows"]), **(references or {})}
    lines = _lines(results["rows"])
    figure = Figure(figsize=(7.6, 4.6), dpi=180, layout="constrained")
    axes = figure.add_subplot()
    for line in lines:
        _draw_line(axes, line)
    for label, accuracy in levels.items():
        style = (0, (5, 3)) if label == "greedy" else (0, (1.5, 2))
        axes.axhline(100 * accuracy, color=GREY, linewidth=1.4, linestyle=style, zorder=1)
    _dress(axes, results, lines, levels)
    _write_labels(axes, lines, levels)
    FigureCanvasAgg(figure)
    figure.savefig(path, format="png")


def _greedy(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    accuracies = [row["accuracy"] for row in rows if row["strategy"] == "greedy"]
    return {"greedy": accuracies[-1]} if accuracies else {}


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[_Line]:
    names = dict.fromkeys(row["strategy"] for row in rows if row["strategy"] != "greedy")
    spare = iter(OTHER_COLOURS * len(names))
    lines = []
    for name in names:
        points = sorted((row for row in rows if row["strategy"] == name), key=lambda row: row["n"])
        lines.append(
            _Line(
                name=NAMES.get(name, name),
                colour=COLOURS.get(name) or next(spare),
                counts=[row["n"] for row in points],
                accuracies=[100 * row["accuracy"] for row in points],
                errors=[100 * row["stderr"] for row in points],
            )
        )
    return lines


def _draw_line(axes: Any, line: _Line) -> None:
    style = {"color": line.colour, "linewidth": 2.2, "marker": "o", "markersize": 5.5}
    if len(line.counts) == 1:  # a band needs two points
        axes.errorbar(line.counts, line.accuracies, yerr=line.errors, capsize=3, zorder=3, **style)
        return
    low = [a - e for a, e in zip(line.accuracies, line.errors, strict=True)]
    high = [a + e for a, e in zip(line.accuracies, line.errors, strict=True)]
    axes.fill_between(line.counts, low, high, color=line.colour, alpha=0.10, linewidth=0)
    axes.plot(
        line.counts, line.accuracies, markeredgecolor="white", markeredgewidth=1, zorder=3, **style
    )


def _dress(
    axes: Any, results: Mapping[str, Any], lines: Sequence[_Line], levels: Mapping[str, float]
) -> None:
    counts = sorted({n for line in lines for n in line.counts}) or [1]
    axes.set_xscale("log", base=2)
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.set_xticks(counts, labels=[str(n) for n in counts])
    axes.minorticks_off()
    axes.set_ylim(*_limits(lines, levels))
    axes.set_xlabel("N, samples per problem", color=INK)
    axes.set_ylabel("accuracy, %", color=INK)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.8)
    axes.tick_params(length=0, colors=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#BBBBBB")
    level = f", level {results['level']}" if results.get("level") is not None else ""
    facts = (
        f"{results['problems']} problems{level} · seed {results['seed']} · band: ± 1 standard error"
    )
    axes.set_title(
        f"{Path(results['dataset']).stem}: accuracy against N",
        loc="left",
        pad=22,
        fontsize=13,
        color=INK,
    )
    axes.text(0, 1.025, facts, transform=axes.transAxes, fontsize=8.5, color=GREY, parse_math=False)


def _limits(lines: Sequence[_Line], levels: Mapping[str, float]) -> tuple[float, float]:
    """From a little below everything to a little above it, in steps of five per cent."""
    low = [a - e for line in lines for a, e in zip(line.accuracies, line.errors, strict=True)]
    high = [a + e for line in lines for a, e in zip(line.accuracies, line.errors, strict=True)]
    flat = [100 * accuracy for accuracy in levels.values()]
    bottom, top = min([*low, *flat], default=0.0), max([*high, *flat], default=100.0)
    return max(0.0, 5 * ((bottom - 2) // 5)), min(102.0, 5 * -((-top - 2) // 5))


def _write_labels(axes: Any, lines: Sequence[_Line], levels: Mapping[str, float]) -> None:
    """Name every line at its right end, moved apart where they would overlap."""
    bottom, top = axes.get_ylim()
    ends = [_Label(line.name, line.colour, line.accuracies[-1]) for line in lines]
    ends += [_Label(text, GREY, 100 * accuracy) for text, accuracy in levels.items()]
    ends.sort(key=lambda label: label.height)
    heights = spread([(end.height - bottom) / (top - bottom) for end in ends], LABEL_GAP)
    for end, height in zip(ends, heights, strict=True):
        axes.text(
            1.015,
            height,
            f"{end.text}  {end.height:.0f} %",
            color=end.colour,
            fontsize=10,
            fontweight="normal" if end.colour == GREY else "bold",
            va="center",
            transform=axes.transAxes,
            parse_math=False,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved apart to at least ``gap``, each group around its own middle."""
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1], gap) - _top(groups[-2], gap) < gap:
            last = groups.pop()
            groups[-1] += last
    return [_bottom(group, gap) + gap * i for group in groups for i in range(len(group))]


def _bottom(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) - gap * (len(group) - 1) / 2


def _top(group: Sequence[float], gap: float) -> float:
    return sum(group) / len(group) + gap * (len(group) - 1) / 2
