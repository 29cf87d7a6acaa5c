"""What the two pictures with lines share: the lines, their names at the right end, the scale.

Names stand beside the lines instead of in a legend, each with its marker; where they would overlap
they move apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tts_async.evaluation.pictures.looks import Look
from tts_async.evaluation.pictures.series import Series
from tts_async.evaluation.pictures.style import GREY, INK, PAPER, dress, shorten

LABEL_INCHES: Final = 0.245
"""The least distance between two names."""
LABEL_LENGTH: Final = 34
LEAST_HEIGHT: Final = 4.1
FOOT: Final = 0.6
"""Inches below the axes, for ticks and their meaning."""

REFERENCE_DASHES: Final = ((6, 3), (1.5, 2), (6, 2, 1.5, 2), (3, 1.5))


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: an accuracy in [0, 1] that needs no N."""

    name: str
    accuracy: float
    dashes: tuple[float, ...]


def levels_of(series: Sequence[Series], references: Mapping[str, float]) -> list[Level]:
    """What has no N (greedy decoding), then the references."""
    known = {each.name: each.rows[-1].accuracy for each in series if each.flat}
    heights = known | dict(references)
    return [
        Level(name, accuracy, REFERENCE_DASHES[i % len(REFERENCE_DASHES)])
        for i, (name, accuracy) in enumerate(heights.items())
    ]


def height_for(labels: int) -> float:
    """Inches of a picture beside which so many names have room."""
    return max(LEAST_HEIGHT, FOOT + LABEL_INCHES * (labels + 1))


def shade_for(lines: int) -> float:
    """How dark one band may be where so many lie over each other."""
    return min(0.12, 0.42 / lines)


def draw_series(
    axes: Any, series: Series, places: Sequence[float], *, shade: float, order: int
) -> None:
    """A line with its interval as a band; a single point has whiskers, for a band needs two.

    A row that is not complete has a pale marker.
    """
    look = series.look
    heights = [100 * row.accuracy for row in series.rows]
    low = [100 * row.low for row in series.rows]
    high = [100 * row.high for row in series.rows]
    if len(places) > 1:
        axes.fill_between(places, low, high, color=look.colour, alpha=shade, linewidth=0)
        axes.plot(
            places, heights, color=look.colour, linestyle=look.line, linewidth=2, zorder=order
        )
    else:
        axes.vlines(places, low, high, color=look.colour, linewidth=1.4, zorder=order)
    for place, height, row in zip(places, heights, series.rows, strict=True):
        draw_marker(axes, look, place, height, order=order, pale=not row.complete)


def draw_marker(
    axes: Any,
    look: Look,
    place: float,
    height: float,
    *,
    order: int = 3,
    pale: bool = False,
    **options: Any,
) -> None:
    """One marker with a rim that keeps it apart from what lies under it; whole at the edges."""
    size = 10.5 if look.marker == "*" else 7.5
    options["clip_on"] = False
    if pale:
        axes.plot(place, height, marker=look.marker, color=PAPER, ms=size, zorder=order, **options)
    axes.plot(
        place,
        height,
        marker=look.marker,
        color=look.colour,
        fillstyle=look.fill,
        markerfacecoloralt=PAPER,
        markeredgecolor=PAPER if look.fill == "full" and not pale else look.colour,
        markeredgewidth=0.9,
        markersize=size,
        alpha=0.4 if pale else None,
        linestyle="none",
        zorder=order + 0.1,
        **options,
    )


def draw_levels(axes: Any, levels: Sequence[Level]) -> None:
    """The horizontal lines, behind the others."""
    for level in levels:
        axes.axhline(
            100 * level.accuracy,
            color=GREY,
            linewidth=1.3,
            linestyle=(0, level.dashes),
            zorder=1,
        )


def scale_accuracy(axes: Any, series: Sequence[Series], levels: Sequence[Level]) -> None:
    """From a little below everything to a little above it, in steps of five per cent.

    At least twenty per cent high, so that a small difference looks small.
    """
    from matplotlib.ticker import MaxNLocator

    low = [100 * row.low for each in series for row in each.rows]
    high = [100 * row.high for each in series for row in each.rows]
    flat = [100 * level.accuracy for level in levels]
    bottom, top = min([*low, *flat], default=0.0), max([*high, *flat], default=100.0)
    bottom, top = 5 * ((bottom - 1) // 5), 5 * -((-top - 1) // 5)
    bottom = max(0.0, min(bottom, 80.0))
    top = min(100.0, max(top, bottom + 20))
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.set_ylabel("accuracy, %")
    dress(axes)


def write_names(axes: Any, series: Sequence[Series], levels: Sequence[Level]) -> None:
    """Name every line at its right end, with its marker and its last accuracy."""
    bottom, top = axes.get_ylim()
    ends: list[tuple[float, str, Look | None]] = [
        (100 * each.rows[-1].accuracy, each.name, each.look) for each in series if not each.flat
    ]
    ends += [(100 * level.accuracy, level.name, None) for level in levels]
    ends.sort(key=lambda end: end[0])
    inches = axes.figure.get_size_inches()[1] - FOOT
    gap = LABEL_INCHES / inches
    heights = spread([(height - bottom) / (top - bottom) for height, _, _ in ends], gap)
    for (accuracy, name, look), height in zip(ends, heights, strict=True):
        if look is not None:
            draw_marker(axes, look, 1.03, height, transform=axes.transAxes)
        axes.text(
            1.055 if look is not None else 1.015,
            height,
            f"{shorten(name, LABEL_LENGTH)}\N{NO-BREAK SPACE} {accuracy:.1f}",
            color=INK if look is not None else GREY,
            va="center_baseline",
            transform=axes.transAxes,
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights in [0, 1] moved apart to at least ``gap``, each group around its middle."""
    groups: list[list[float]] = []
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _bottom(groups[-1], gap) - _top(groups[-2], gap) < gap:
            last = groups.pop()
            groups[-1] += last
    return [_bottom(group, gap) + gap * i for group in groups for i in range(len(group))]


def _bottom(group: Sequence[float], gap: float) -> float:
    half = gap * (len(group) - 1) / 2
    middle = min(max(sum(group) / len(group), half), 1 - half)
    return middle - half


def _top(group: Sequence[float], gap: float) -> float:
    return _bottom(group, gap) + gap * (len(group) - 1)
