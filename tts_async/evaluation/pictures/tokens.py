"""Accuracy against what it costs: generated tokens per problem, on a logarithmic scale.

Strategies with the same N do not cost the same. Here a strategy is better where its line is higher
or further to the left.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tts_async.evaluation.pictures.curves import (
    draw_levels,
    draw_marker,
    draw_series,
    height_for,
    levels_of,
    scale_accuracy,
    shade_for,
    write_names,
)
from tts_async.evaluation.pictures.series import Series, series_of
from tts_async.evaluation.pictures.style import (
    GREY,
    PAPER,
    facts_of,
    interval_of,
    start_figure,
    subject_of,
)
from tts_async.evaluation.results import ResultRow, Results

MARGIN: Final = 0.05
"""Of the width of the axes, on either side of the points."""
ROOM: Final = 0.045
"""What one of the small figures takes up, in widths and heights of the axes."""
TICKS: Final = ((10, (1, 1.5, 2, 3, 5, 7)), (1_000, (1, 2, 5)), (math.inf, (1,)))
"""Which multiples of powers of ten are written, by the largest value over the least."""


def draw_tokens(results: Results, references: Mapping[str, float]) -> Any | None:
    """Accuracy against tokens per problem; ``None`` where no row has an N or tokens."""
    series = [
        Series(each.name, each.look, [row for row in each.rows if row.tokens_per_problem > 0])
        for each in series_of(results)
    ]
    series = [each for each in series if each.rows]
    lines = [each for each in series if not each.flat]
    if not lines:
        return None
    levels = levels_of(series, references)
    figure = start_figure(
        8.4,
        height_for(len(lines) + len(levels)),
        f"{subject_of(results)}: accuracy against tokens",
        f"{facts_of(results)} · band: {interval_of(results)} · small figures: N",
    )
    axes = figure.add_subplot()
    draw_levels(axes, levels)
    for i, each in enumerate(series):
        if each.flat:
            row = each.rows[-1]
            draw_marker(axes, each.look, row.tokens_per_problem, 100 * row.accuracy)
        else:
            by_cost = sorted(each.rows, key=lambda row: row.tokens_per_problem)
            line = Series(each.name, each.look, by_cost)
            places = [row.tokens_per_problem for row in by_cost]
            draw_series(axes, line, places, shade=shade_for(len(lines)), order=3 + i)
    scale_accuracy(axes, series, levels)
    _scale_tokens(axes, series)
    _write_counts(axes, [row for line in lines for row in line.rows])
    write_names(axes, lines, levels)
    return figure


def _scale_tokens(axes: Any, series: Sequence[Series]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    costs = [row.tokens_per_problem for each in series for row in each.rows]
    low, high = min(costs), max(costs)
    margin = max((high / low) ** MARGIN, (2 * low / high) ** 0.5)
    axes.set_xscale("log")
    axes.set_xlim(low / margin, high * margin)
    ticks = next(ticks for widest, ticks in TICKS if high / low <= widest)
    axes.xaxis.set_major_locator(LogLocator(subs=ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda tokens, _: f"{tokens:,.6g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("generated tokens per problem")


def _write_counts(axes: Any, rows: Sequence[ResultRow]) -> None:
    """The N of every point above it, where no other stands yet."""
    from matplotlib.patheffects import withStroke

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    taken = [
        (
            math.log(row.tokens_per_problem / left) / math.log(right / left),
            (100 * row.accuracy - bottom) / (top - bottom),
        )
        for row in rows
    ]
    for (x, y), row in zip(taken[:], rows, strict=True):
        place = (x, y + ROOM)
        if any(math.dist(place, other) < ROOM * 0.9 for other in taken):
            continue
        taken.append(place)
        axes.annotate(
            str(row.n),
            (row.tokens_per_problem, 100 * row.accuracy),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=GREY,
            path_effects=[withStroke(linewidth=2, foreground=PAPER)],
            zorder=2.5,  # over the bands, under the points
        )
