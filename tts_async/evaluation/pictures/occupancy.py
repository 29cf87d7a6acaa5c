"""How busy the two lanes were: the share of generation and of verification in use over time.

The rows of the evaluation stand one after the other, with their bounds and, in each, the mean. What
is white above the line is capacity that was paid for and not used.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tts_async.evaluation.pictures.looks import ORANGE, SKY
from tts_async.evaluation.pictures.style import (
    GREY,
    INK,
    dress,
    facts_of,
    shorten,
    start_figure,
    subject_of,
)
from tts_async.evaluation.results import Occupancy, Results, Span

WIDTH: Final = 9.0
LANE_HEIGHT: Final = 1.55
MOST_STEPS: Final = 500
"""More than the picture is wide in points; neighbours are averaged."""
LETTER: Final = 0.068
"""Inches of a letter in a row's label, on average."""


def draw_occupancy(results: Results, _: Mapping[str, float]) -> Any | None:
    """A panel per lane that was used; ``None`` when nothing was recorded."""
    occupancy = results.occupancy
    if occupancy is None:
        return None
    lanes = [
        (name, shares, colour)
        for name, shares, colour in (
            ("generation", occupancy.generation, SKY),
            ("verification", occupancy.verification, ORANGE),
        )
        if any(shares)
    ]
    if not lanes:
        return None
    end = max(len(shares) for _, shares, _ in lanes) * occupancy.interval_s
    end = max(end, *(span.end_s for span in occupancy.rows), 0.0)
    means = ", ".join(f"{name} {100 * _mean(shares):.0f} %" for name, shares, _ in lanes)
    labels = [shorten(span.label, 30) for span in occupancy.rows]
    upright = any(
        LETTER * len(label) > (WIDTH - 1) * (span.end_s - span.start_s) / end
        for label, span in zip(labels, occupancy.rows, strict=True)
    )
    head = (LETTER * max(map(len, labels)) if upright else 0.2) if labels else 0.0
    figure = start_figure(
        WIDTH,
        LANE_HEIGHT * len(lanes) + 0.5 + head,
        f"{subject_of(results)}: lanes in use over time",
        f"{facts_of(results)} · mean of the whole: {means}",
    )
    grid = figure.subplots(len(lanes), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, shares, colour) in zip(grid, lanes, strict=True):
        _draw_lane(axes, shares, occupancy, colour)
        axes.set_ylabel(f"{name}, %")
        axes.set_xlim(0, end)
    grid[-1].set_xlabel("seconds")
    _write_rows(grid[0], occupancy.rows, labels, end, upright=upright)
    return figure


def _draw_lane(axes: Any, shares: Sequence[float], occupancy: Occupancy, colour: str) -> None:
    step, means = averaged(shares, MOST_STEPS)
    width = step * occupancy.interval_s
    edges = [i * width for i in range(len(means))]
    edges.append(len(shares) * occupancy.interval_s)
    axes.stairs([100 * share for share in means], edges, fill=True, color=colour, alpha=0.55)
    for span in occupancy.rows:
        first, last = (int(second / occupancy.interval_s) for second in (span.start_s, span.end_s))
        mean = _mean(shares[first : last + 1])
        axes.hlines(100 * mean, span.start_s, span.end_s, color=INK, linewidth=1.4)
        axes.axvline(span.start_s, color=GREY, linewidth=0.6)
    axes.set_ylim(0, 101.5)
    axes.set_yticks([0, 50, 100])
    dress(axes)


def _write_rows(
    axes: Any, spans: Sequence[Span], labels: Sequence[str], end: float, *, upright: bool
) -> None:
    """A label over each row; upright where one is too narrow, and none where two would touch."""
    room = end * 0.13 / WIDTH
    last = -room
    for span, label in zip(spans, labels, strict=True):
        if upright and span.start_s - last < room:
            continue
        last = span.start_s
        axes.annotate(
            label,
            (span.start_s, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(1, 3),
            textcoords="offset points",
            rotation=90 if upright else 0,
            fontsize=8,
            color=GREY,
            ha="left",
            va="bottom",
            annotation_clip=False,
        )


def averaged(values: Sequence[float], most: int) -> tuple[int, list[float]]:
    """At most so many values, each the mean of as many neighbours as the first number says."""
    step = -(-len(values) // most)
    return step, [_mean(values[i : i + step]) for i in range(0, len(values), step)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
