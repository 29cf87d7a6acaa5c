"""Every picture is there for whatever was measured, says what it should, and repeats itself."""

import sys
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.evaluation.example_results import HOSTILE, bounds, results, row, usual
from tts_async.errors import ConfigurationError
from tts_async.evaluation.pictures import PICTURES, Picture, draw_pictures
from tts_async.evaluation.pictures.style import drawing, to_svg
from tts_async.evaluation.results import parse_results

TEXT = "{http://www.w3.org/2000/svg}text"
ALL = [*PICTURES]


@pytest.fixture(scope="module")
def pictures() -> Mapping[str, Picture]:
    """Those of a usual evaluation."""
    drawn = draw_pictures(parse_results(usual()), {"8x larger": 0.7})
    return {picture.name: picture for picture in drawn}


def texts_of(svg: str) -> list[str]:
    """What stands in a picture; fails if it is no XML."""
    return [(text.text or "").replace("\xa0", " ") for text in ET.fromstring(svg).iter(TEXT)]


def draw(name: str, data: dict[str, Any]) -> list[str] | None:
    """The texts of one picture, ``None`` where there is none."""
    with drawing(name):
        figure = PICTURES[name](parse_results(data), {})
        return None if figure is None else texts_of(to_svg(figure))


def test_all_are_drawn(pictures: Mapping[str, Picture]) -> None:
    """As PNG and as SVG."""
    assert [*pictures] == ALL
    for picture in pictures.values():
        assert picture.png.startswith(b"\x89PNG")
        assert len(picture.png) > 20_000


def test_curves_are_named_at_their_end(pictures: Mapping[str, Picture]) -> None:
    """By name and last accuracy; greedy and references as lines."""
    for name in ("accuracy", "tokens"):
        texts = texts_of(pictures[name].svg)
        for label in (
            "greedy  50.0",
            "majority vote  46.0",
            "best-of-N, naive  52.8",
            "best-of-N, weighted  60.0",
            "DVTS  67.9",
            "8x larger  70.0",
        ):
            assert label in texts
        assert any("20 problems · 2 seeds · band: 95 % interval" in text for text in texts)
    assert {"4", "16"} <= set(texts_of(pictures["accuracy"].svg))


def test_groups_have_a_panel_each(pictures: Mapping[str, Picture]) -> None:
    """Levels in the order of their numbers, then the names below."""
    texts = texts_of(pictures["levels"].svg)
    assert [text for text in texts if text.startswith("level")] == ["level 2", "level 10"]
    assert {"greedy", "DVTS", "best-of-N, naive", "N = 4, 16"} <= set(texts)
    assert {"Algebra", "Geometry"} <= set(texts_of(pictures["subjects"].svg))


def test_occupancy_names_lanes_and_rows(pictures: Mapping[str, Picture]) -> None:
    """With their means."""
    texts = texts_of(pictures["occupancy"].svg)
    assert {"generation, %", "verification, %", "seconds", "dvts n=16"} <= set(texts)
    assert any("generation 90 %, verification 40 %" in text for text in texts)


def test_the_same_results_give_the_same_bytes(pictures: Mapping[str, Picture]) -> None:
    """No date, no random id, no setting of the user's."""
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": True}):
        again = {
            each.name: each for each in draw_pictures(parse_results(usual()), {"8x larger": 0.7})
        }
    assert again == pictures


DEGENERATE = {
    "nothing": results(),
    "greedy alone": results(row("greedy", 1, 0.0, by_level={}, by_subject={})),
    "one row of one problem": results(row("dvts", 16, 1.0), problems=1, seeds=[0]),
    "one N, nothing else": results(
        *(row(name, 16, 0.5, by_level={}, by_subject={}) for name in ("dvts", "majority")),
        occupancy=None,
    ),
    "ended early": results(
        row("dvts", 4, 0.5), row("dvts", 16, 0.7, complete=False), interrupted=True
    ),
    "no tokens": results(row("dvts", 4, 0.5, tokens=0, tokens_per_problem=0.0)),
    "hostile": results(
        row(HOSTILE, 4, 0.5, select="naive", by_level={HOSTILE: bounds(0.5) | {"problems": 3}}),
        row(HOSTILE * 9, None, 0.6),
        dataset=HOSTILE * 9,
    ),
    "a short lane": results(
        row("dvts", 4, 0.5),
        occupancy={
            "interval_s": 0.1,
            "generation": [0.5],
            "rows": [{"label": "dvts n=4", "start_s": 0, "end_s": 9}],
        },
    ),
}
DRAWN = {
    "nothing": [],
    "greedy alone": ["occupancy"],
    "one N, nothing else": ["accuracy", "tokens"],
    "no tokens": ["accuracy", "levels", "subjects", "occupancy"],
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_what_there_is_gets_drawn(case: str) -> None:
    """Without a warning, which would be an error here."""
    drawn = {name: draw(name, DEGENERATE[case]) for name in ALL}
    assert [name for name, texts in drawn.items() if texts] == DRAWN.get(case, ALL)


def test_twelve_strategies_have_room() -> None:
    """Each name stands at a height of its own."""
    data = results(*(row(f"s{i}", n, 0.5 + i / 1000) for i in range(12) for n in (4, 16)))
    texts = draw("accuracy", data)
    assert texts is not None
    assert sum(text.startswith("s") for text in texts) == 12


def test_many_subjects_end_at_a_number() -> None:
    """The table has the rest."""
    group = {"problems": 3, **bounds(0.5)}
    data = results(row("dvts", 4, 0.5, by_subject={f"subject {i:02}": group for i in range(30)}))
    texts = draw("subjects", data)
    assert texts is not None
    assert sum(text.startswith("subject ") for text in texts) == 24
    assert any("6 more in the table" in text for text in texts)


def test_without_matplotlib_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that can be pasted."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[plot\]'"):
        next(draw_pictures(parse_results(usual())))
