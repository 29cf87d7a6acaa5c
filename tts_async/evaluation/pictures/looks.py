"""One look per strategy, the same in every picture and every run.

The colours are those of Okabe and Ito, which stay apart for every kind of colour vision; each
strategy also has a marker of its own and each way of selecting its own line, so the pictures can be
read in grey. A variant stays close to what it varies: the reference ones have the colour of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal
from zlib import crc32

from tts_async.evaluation.pictures.style import GREY, INK

Dashes = tuple[float, ...]
Fill = Literal["full", "left", "none"]


@dataclass(frozen=True, slots=True)
class Look:
    """A colour, a marker and its filling as matplotlib calls them, and the dashes of the line."""

    colour: str
    marker: str
    dashes: Dashes = ()
    fill: Fill = "full"

    @property
    def line(self) -> str | tuple[int, Dashes]:
        """The line style for matplotlib."""
        return (0, self.dashes) if self.dashes else "-"


ORANGE: Final = "#e69f00"
SKY: Final = "#56b4e9"
GREEN: Final = "#009e73"
BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"

LOOKS: Final = {
    "greedy": Look(GREY, "X"),
    "majority": Look(PURPLE, "v"),
    "best_of_n": Look(VERMILLION, "s"),
    "beam_search": Look(GREEN, "^"),
    "dvts": Look(BLUE, "o"),
    "compute_optimal": Look(INK, "*"),
    "sal_best_of_n": Look(VERMILLION, "P"),
    "sal_beam_search": Look(GREEN, ">"),
    "sal_dvts": Look(BLUE, "h"),
}
NAIVE_BEST_OF_N: Final = {"best_of_n": Look(ORANGE, "D"), "sal_best_of_n": Look(ORANGE, "d")}
"""Weighted against naive is the comparison that everybody makes: worth a colour."""

DASHES: Final[dict[str | None, Dashes]] = {"naive": (4, 1.5), "majority": (1, 1.3)}
FILLS: Final[dict[str | None, Fill]] = {"naive": "left", "majority": "none"}
REFERENCE_DASHES: Final[dict[str | None, Dashes]] = {
    "naive": (4, 1.5, 1, 1.5, 1, 1.5),
    "majority": (1, 3),
}
REFERENCE: Final[Dashes] = (6, 1.5, 1, 1.5)

SPARE: Final = tuple(
    Look(colour, marker)
    for marker in ("p", "<", "H", "d")
    for colour in (SKY, "#8c6d1f", "#6a3d9a", "#b2182b")
)
"""For strategies of others."""

NAMES: Final = {
    "majority": "majority vote",
    "best_of_n": "best-of-N",
    "beam_search": "beam search",
    "dvts": "DVTS",
    "compute_optimal": "compute-optimal",
    "sal_best_of_n": "SAL best-of-N",
    "sal_beam_search": "SAL beam search",
    "sal_dvts": "SAL DVTS",
}


def looks_of(kinds: Iterable[tuple[str, str | None]]) -> dict[tuple[str, str | None], Look]:
    """A look for each pair of strategy and selection, no two alike while there are spare ones."""
    pairs = sorted(set(kinds), key=lambda pair: (pair[0], pair[1] or ""))
    unknown = sorted({strategy for strategy, _ in pairs} - LOOKS.keys())
    spare = _spare_looks(unknown)
    return {pair: _look(pair, spare) for pair in pairs}


def _look(pair: tuple[str, str | None], spare: dict[str, Look]) -> Look:
    strategy, select = pair
    look = LOOKS.get(strategy) or spare[strategy]
    if select == "naive" and strategy in NAIVE_BEST_OF_N:
        look = NAIVE_BEST_OF_N[strategy]
    else:
        look = replace(look, fill=FILLS.get(select, "full"))
    if strategy.startswith("sal_"):
        return replace(look, dashes=REFERENCE_DASHES.get(select, REFERENCE))
    return replace(look, dashes=DASHES.get(select, ()))


def _spare_looks(strategies: Iterable[str]) -> dict[str, Look]:
    """By the name, so that it does not change with the others; the next one where it is taken."""
    taken: dict[str, Look] = {}
    for strategy in strategies:
        first = crc32(strategy.encode())
        order = [SPARE[(first + i) % len(SPARE)] for i in range(len(SPARE))]
        taken[strategy] = next((look for look in order if look not in taken.values()), order[0])
    return taken


def name_of_kind(strategy: str, select: str | None, *, several: bool = False) -> str:
    """What a reader calls it; the selection is said where it is not weighted or where there are
    ``several``."""  # noqa: D205, D209 - one sentence
    name = NAMES.get(strategy, strategy)
    telling = several or strategy.endswith("best_of_n") or select != "weighted"
    return f"{name}, {select}" if select and telling else name
