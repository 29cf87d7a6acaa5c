"""The pictures of an evaluation, drawn from its ``results.json`` and nothing else.

``draw_pictures`` gives each as SVG and PNG; each kind has a file of its own here, ``style`` and
``looks`` hold what they share.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tts_async.evaluation.pictures.accuracy import draw_accuracy
from tts_async.evaluation.pictures.groups import draw_levels_of_difficulty, draw_subjects
from tts_async.evaluation.pictures.occupancy import draw_occupancy
from tts_async.evaluation.pictures.style import drawing, missing_matplotlib, to_png, to_svg
from tts_async.evaluation.pictures.tokens import draw_tokens
from tts_async.evaluation.results import Results

__all__ = ["PICTURES", "Picture", "draw_pictures", "missing_matplotlib"]

PICTURES: Final[Mapping[str, Callable[[Results, Mapping[str, float]], Any | None]]] = {
    "accuracy": draw_accuracy,
    "tokens": draw_tokens,
    "levels": draw_levels_of_difficulty,
    "subjects": draw_subjects,
    "occupancy": draw_occupancy,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by its name, as the text of an SVG file and the bytes of a PNG file."""

    name: str
    svg: str
    png: bytes


def draw_pictures(
    results: Results, references: Mapping[str, float] | None = None
) -> Iterator[Picture]:
    """Every picture that the results have something for, in the order of ``PICTURES``.

    ``references`` maps labels to accuracies in [0, 1], drawn as horizontal lines. The same results
    give the same bytes. Raises ``ConfigurationError`` without matplotlib.
    """
    for name, draw in PICTURES.items():
        with drawing(name):
            figure = draw(results, references or {})
            if figure is not None:
                picture = Picture(name, svg=to_svg(figure), png=to_png(figure))
        if figure is not None:
            yield picture
