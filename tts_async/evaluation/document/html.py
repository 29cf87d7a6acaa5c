"""A report as one HTML page that needs nothing else: styles and pictures are in it.

Jinja escapes whatever comes from data. The pictures become part of the page, so their text can be
searched and their colours follow the reader's theme.
"""

import re
from collections.abc import Mapping
from typing import Final

from tts_async.evaluation.document.contents import Document
from tts_async.evaluation.pictures.style import GREY, INK, PAPER, RULE

_THEME: Final = {INK: "ink", GREY: "grey", RULE: "rule", PAPER: "paper"}
_COLOUR: Final = re.compile(rf"(fill|stroke): ({'|'.join(_THEME)})(?=[;\"])")
_ID: Final = re.compile(r"(\bid=\"|xlink:href=\"#|url\(#)")
_SIZE: Final = re.compile(r'<svg (.*?)width="([\d.]+)pt" height="[\d.]+pt" ', re.DOTALL)

LEAST_SCALE: Final = 0.8


def to_html(document: Document, pictures: Mapping[str, str]) -> str:
    """The page; ``pictures`` maps names to the text of SVG files."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("tts_async.evaluation.document"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    inlined = {name: Markup(inline(name, svg)) for name, svg in pictures.items()}  # noqa: S704 - ours
    return environment.get_template("report.html").render(document=document, pictures=inlined)


def inline(name: str, svg: str) -> str:
    """An SVG file as an element of a page.

    Its ids get the prefix ``name``, so that two pictures do not share them; its neutral colours
    become those of the page.
    """
    element = svg[svg.index("<svg ") :]
    element = re.sub(r" <metadata>.*?</metadata>\n", "", element, flags=re.DOTALL)
    element = _ID.sub(rf"\1{name}-", element)
    element = _COLOUR.sub(lambda found: f"{found[1]}: var(--{_THEME[found[2]]})", element)
    return _SIZE.sub(_scalable, element, count=1).rstrip()


def _scalable(start: re.Match[str]) -> str:
    """As wide as the page allows, but not so narrow that it cannot be read: then it scrolls."""
    width = float(start[2])
    size = f"width: {width:.0f}pt; min-width: {LEAST_SCALE * width:.0f}pt"
    return f'<svg {start[1]}style="{size}" aria-hidden="true" '
