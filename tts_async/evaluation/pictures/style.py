"""How every picture looks: its colours, its head, its axes, and the files it becomes.

The same data gives the same bytes: nothing of the user's matplotlib settings, no date and no random
id gets in. Text in an SVG stays text, which can be searched, selected and read aloud.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import PurePosixPath
from typing import Any, Final

from tts_async.errors import ConfigurationError
from tts_async.evaluation.results import Results

INK: Final = "#222222"
GREY: Final = "#6b6b6b"
RULE: Final = "#e2e2e2"
PAPER: Final = "#ffffff"

HEAD: Final = 0.72
"""Inches for the title and the line of facts."""
MARGIN: Final = 0.08
DPI: Final = 180

_SETTINGS: Final = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica"],  # alike in width
    "font.size": 9.5,
    "svg.fonttype": "none",
    "text.color": INK,
    "text.parse_math": False,  # a name may have a dollar sign
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@contextmanager
def drawing(name: str) -> Iterator[None]:
    """Matplotlib as the pictures need it; ``name`` is what the ids in the SVG are made from.

    Raises ``ConfigurationError`` without matplotlib.
    """
    obstacle = missing_matplotlib()
    if obstacle is not None:
        raise ConfigurationError(obstacle)
    import matplotlib.style

    with (
        matplotlib.style.context(["default", _SETTINGS, {"svg.hashsalt": name}]),
        warnings.catch_warnings(),
    ):
        # The PNG shows a box for a letter that the font lacks; the SVG has the letter.
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        yield


def missing_matplotlib() -> str | None:
    """What to tell a user without matplotlib; ``None`` where it is there."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return "pictures: matplotlib is not installed; pip install 'tts-async[plot]'"
    return None


def start_figure(width: float, height: float, title: str, facts: str) -> Any:
    """An empty figure of ``width`` by ``height`` inches below its head."""
    from matplotlib.figure import Figure

    whole = height + HEAD
    figure = Figure(figsize=(width, whole), dpi=DPI, layout="constrained", facecolor=PAPER)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, 0, 1, height / whole), w_pad=MARGIN, h_pad=MARGIN)
    left = MARGIN / width
    figure.text(left, 1 - 0.16 / whole, title, fontsize=13, va="top", in_layout=False)
    figure.text(left, 1 - 0.45 / whole, facts, fontsize=8.5, color=GREY, va="top", in_layout=False)
    return figure


def dress(axes: Any) -> None:
    """Light horizontal rules and a base line; nothing else that is not data."""
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.tick_params(length=0)
    axes.set_facecolor("none")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.spines["bottom"].set_linewidth(0.8)


def to_svg(figure: Any) -> str:
    """The figure as the text of an SVG file."""
    file = StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "".join(line.rstrip() + "\n" for line in file.getvalue().splitlines())


def to_png(figure: Any) -> bytes:
    """The figure as the bytes of a PNG file."""
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def subject_of(results: Results) -> str:
    """The dataset in a few characters: a file without its folders, a hub id without its owner."""
    path = PurePosixPath(results.dataset.replace("\\", "/"))
    known = path.suffix in {".jsonl", ".json", ".csv", ".parquet"}
    return shorten((path.stem if known else path.name) or results.dataset, 48)


def facts_of(results: Results) -> str:
    """What was measured, for the line under the title."""
    facts = [_count(results.problems, "problem")]
    if results.level is not None:
        facts.append(f"level {results.level}")
    if len(results.seeds) > 1:
        facts.append(f"{len(results.seeds)} seeds")
    elif results.seeds:
        facts.append(f"seed {results.seeds[0]}")
    if results.interrupted:
        facts.append("ended early")
    return " · ".join(facts)


def interval_of(results: Results) -> str:
    """The name of the interval that is drawn, ``"95 % interval"``."""
    return f"{100 * results.confidence_level:g} % interval"


def shorten(text: str, length: int) -> str:
    """At most so many characters, the end given up for an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
