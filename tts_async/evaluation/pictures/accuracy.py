"""The picture of the field: accuracy against the number of samples N, one line per strategy.

Horizontal lines show what needs no N: greedy decoding, and whatever else is worth comparing with (a
larger model, say).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tts_async.evaluation.pictures.curves import (
    draw_levels,
    draw_series,
    height_for,
    levels_of,
    scale_accuracy,
    shade_for,
    write_names,
)
from tts_async.evaluation.pictures.series import counts_of, series_of
from tts_async.evaluation.pictures.style import facts_of, interval_of, start_figure, subject_of
from tts_async.evaluation.results import Results

MOST_TICKS: Final = 14


def draw_accuracy(results: Results, references: Mapping[str, float]) -> Any | None:
    """Accuracy against N with intervals; ``None`` when no row has an N."""
    series = series_of(results)
    lines = [each for each in series if not each.flat]
    if not lines:
        return None
    levels, counts = levels_of(series, references), counts_of(series)
    figure = start_figure(
        8.4,
        height_for(len(lines) + len(levels)),
        f"{subject_of(results)}: accuracy against N",
        f"{facts_of(results)} · band: {interval_of(results)}",
    )
    axes = figure.add_subplot()
    draw_levels(axes, levels)
    for i, line in enumerate(lines):
        places = [float(row.n or 1) for row in line.rows]
        if len(counts) == 1:  # side by side instead of one over the other
            places = [place * 2 ** ((i + 0.5) / len(lines) - 0.5) for place in places]
        draw_series(axes, line, places, shade=shade_for(len(lines)), order=3 + i)
    scale_accuracy(axes, lines, levels)
    axes.set_xscale("log", base=2)
    margin = 2**0.6 if len(counts) == 1 else 2 ** (0.04 * math.log2(counts[-1] / counts[0]))
    axes.set_xlim(counts[0] / margin, counts[-1] * margin)
    ticks = apart(counts, math.log2(counts[-1] / counts[0]) / MOST_TICKS)
    axes.set_xticks(ticks, labels=[f"{n:,}" for n in ticks])
    axes.minorticks_off()
    axes.set_xlabel("N, samples per problem")
    write_names(axes, lines, levels)
    return figure


def apart(counts: Sequence[int], octaves: float) -> list[int]:
    """Those of the ascending counts that are at least so many octaves apart."""
    kept: list[int] = []
    for n in counts:
        if not kept or math.log2(n / kept[-1]) >= octaves:
            kept.append(n)
    return kept
