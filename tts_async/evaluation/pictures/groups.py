"""Accuracy by level of difficulty, or by subject: the bars of the published figure.

One panel per level. In it one group of bars per strategy, in the strategy's colour over its marker,
and in the group one bar per N, from pale to full: a strategy that gains from more samples is a
rising stair, and one that collapses a falling one.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from tts_async.evaluation.pictures.curves import draw_marker
from tts_async.evaluation.pictures.series import Series, counts_of, series_of
from tts_async.evaluation.pictures.style import (
    GREY,
    INK,
    PAPER,
    dress,
    facts_of,
    interval_of,
    shorten,
    start_figure,
    subject_of,
)
from tts_async.evaluation.results import GroupScore, ResultRow, Results

GroupsOf = Callable[[ResultRow], Mapping[str, GroupScore]]

WIDEST: Final = 11.0
BAR: Final = 0.09
"""Inches of one bar; the places below count in bars."""
GAP: Final = 1.3
PANEL_HEIGHT: Final = 2.0
MOST_PANELS: Final = 24
PALEST: Final = 0.3
LONG_NUMBER: Final = 10


def draw_levels_of_difficulty(results: Results, _: Mapping[str, float]) -> Any | None:
    """A panel per level; ``None`` when no problem has one."""
    return _draw(results, attrgetter("by_level"), "accuracy by level", "level ")


def draw_subjects(results: Results, _: Mapping[str, float]) -> Any | None:
    """A panel per subject, at most 24; ``None`` when no problem has one."""
    return _draw(results, attrgetter("by_subject"), "accuracy by subject", "")


def _draw(results: Results, groups_of: GroupsOf, what: str, prefix: str) -> Any | None:
    names = in_order(name for row in results.rows for name in groups_of(row))
    if not names:
        return None
    from matplotlib.legend_handler import HandlerTuple

    series = series_of(results)
    width = sum(len(each.rows) + GAP for each in series)
    panel = max(1.45, BAR * width + 0.25)
    shown, left_out = names[:MOST_PANELS], len(names[MOST_PANELS:])
    lines = math.ceil(len(shown) / max(1, int(WIDEST / panel)))
    columns = math.ceil(len(shown) / lines)
    inches = max(columns * panel + 0.6, 5.6)
    legend = _legend(series, inches)
    figure = start_figure(
        inches,
        PANEL_HEIGHT * lines + 0.25 * math.ceil(len(legend) / _columns(legend, inches)) + 0.15,
        f"{subject_of(results)}: {what}",
        f"{facts_of(results)} · whiskers: {interval_of(results)}"
        + (f" · {left_out} more in the table" if left_out else ""),
    )
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    for axes, name in zip(grid.flat, shown, strict=False):
        _draw_panel(axes, series, groups_of, name, width)
        title = shorten(f"{prefix}{name}", int(panel / 0.085))
        axes.set_title(title, fontsize=10, loc="left", pad=5)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("accuracy, %")
    handles, labels = zip(*legend, strict=True)
    figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=_columns(legend, inches),
        frameon=False,
        handletextpad=0.4,
        columnspacing=1.4,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.1)},
    )
    return figure


def in_order(names: Iterable[str]) -> list[str]:
    """Each name once: numbers by their size, then the others by the alphabet."""
    return sorted(
        set(names),
        key=lambda name: (
            (0, int(name), "") if name.isdecimal() and len(name) < LONG_NUMBER else (1, 0, name)
        ),
    )


def _draw_panel(
    axes: Any, series: Sequence[Series], groups_of: GroupsOf, name: str, width: float
) -> None:
    counts, place = counts_of(series), 0.0
    below = axes.get_xaxis_transform()
    for each in series:
        middle = place + (len(each.rows) - 1) / 2
        draw_marker(axes, each.look, middle, -0.065, transform=below)
        found = [
            (place + i, row, group)
            for i, row in enumerate(each.rows)
            if (group := groups_of(row).get(name)) is not None
        ]
        for complete in (True, False):
            bars = [bar for bar in found if bar[1].complete is complete]
            _draw_bars(axes, each.look.colour, bars, counts)
        place += len(each.rows) + GAP
    axes.set_xlim(-0.5 - GAP / 2, width - 0.5 - GAP / 2)
    axes.set_xticks([])
    axes.set_ylim(0, 101.5)
    axes.set_yticks(range(0, 101, 25))
    dress(axes)


def _draw_bars(
    axes: Any,
    colour: str,
    bars: Sequence[tuple[float, ResultRow, GroupScore]],
    counts: Sequence[int],
) -> None:
    """Bars that are all complete, or all not: those are outlines."""
    if not bars:
        return
    from matplotlib.colors import to_rgba

    places = [place for place, _, _ in bars]
    heights = [100 * group.accuracy for _, _, group in bars]
    if bars[0][1].complete:
        colours = [to_rgba(colour, _shade(row.n, counts)) for _, row, _ in bars]
        axes.bar(places, heights, width=0.9, color=colours, linewidth=0)
    else:
        axes.bar(places, heights, width=0.8, fill=False, edgecolor=colour, linestyle=":")
    left, right = [place - 0.45 for place in places], [place + 0.45 for place in places]
    axes.hlines(heights, left, right, color=colour, linewidth=1.2)
    low = [100 * group.low for _, _, group in bars]
    high = [100 * group.high for _, _, group in bars]
    axes.vlines(places, low, high, color=INK, linewidth=0.6)


def _shade(n: int | None, counts: Sequence[int]) -> float:
    """From pale for the least N to full for the largest."""
    if n is None or n not in counts or len(counts) == 1:
        return 1.0
    return PALEST + (1 - PALEST) * counts.index(n) / (len(counts) - 1)


def _legend(series: Sequence[Series], inches: float) -> list[tuple[Any, str]]:
    """A marker and a name per strategy, and grey bars for the values of N."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    longest = int(inches / 0.1)
    entries: list[tuple[Any, str]] = [
        (
            Line2D(
                [],
                [],
                linestyle="none",
                marker=each.look.marker,
                fillstyle=each.look.fill,
                markerfacecoloralt=PAPER,
                color=each.look.colour,
                markersize=7,
            ),
            shorten(each.name, min(longest, 34)),
        )
        for each in series
    ]
    counts = counts_of(series)
    if len(counts) > 1:
        patches = tuple(Patch(fc=GREY, alpha=_shade(n, counts), lw=0) for n in counts)
        entries.append((patches, f"N = {', '.join(map(str, counts))}"))
    return entries


def _columns(legend: Sequence[tuple[Any, str]], inches: float) -> int:
    widest = max(len(text) for _, text in legend)
    return max(1, min(len(legend), int(inches / (0.085 * widest + 0.5))))
