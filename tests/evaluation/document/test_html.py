"""The HTML report is one file, whatever the names in it."""

import re
from html.parser import HTMLParser

from tests.evaluation.example_results import HOSTILE, results, row, usual
from tts_async.evaluation.document import make_document, to_html
from tts_async.evaluation.document.html import inline
from tts_async.evaluation.results import parse_results

SVG = (
    '<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg width="90pt" height="72pt" viewBox="0 0 90 72">\n'
    ' <metadata>\n  x\n </metadata>\n <g id="axes_1"><path clip-path="url(#p1)" '
    'style="fill: #ffffff; stroke: #222222"/></g>\n <use xlink:href="#m1"/></svg>\n'
)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.found.append((tag, dict(attrs)))


def page(data: dict[str, object], **references: float) -> str:
    """The report of some results, with a picture."""
    return to_html(make_document(parse_results(data), references), {"accuracy": SVG})


def test_it_needs_nothing_else() -> None:
    """No script, no file, no address; and a policy that would forbid them."""
    tags = Tags(page(usual())).found
    assert not [tag for tag, _ in tags if tag in {"script", "img", "iframe", "object"}]
    links = [each.get("href") or each.get("src") for _, each in tags]
    assert all(link.startswith(("#", "data:")) for link in links if link)
    assert ("default-src 'none'") in str(tags)


def test_sections_can_be_reached() -> None:
    """Every link of the page leads somewhere, and no id is there twice."""
    tags = Tags(page(usual())).found
    ids = [each["id"] for _, each in tags if "id" in each]
    assert len(ids) == len(set(ids))
    anchors = {each["href"] for tag, each in tags if tag == "a"}
    assert anchors <= {f"#{name}" for name in ids}
    assert "#levels" in anchors


def test_hostile_names_stay_text() -> None:
    """The same tags as with harmless names."""

    def tags_with(name: str) -> list[str]:
        data = results(row(name, 4, 0.5, settings=name), dataset=name, command=name, generator=name)
        return [tag for tag, _ in Tags(page(data, **{name: 0.5})).found]

    assert tags_with(HOSTILE) == tags_with("harmless")


def test_a_picture_becomes_part_of_the_page() -> None:
    """Its ids are its own, its neutral colours the page's, its size the reader's."""
    element = inline("accuracy", SVG)
    assert element.startswith('<svg style="width: 90pt; min-width: 72pt" aria-hidden="true" view')
    assert 'id="accuracy-axes_1"' in element
    assert "url(#accuracy-p1)" in element
    assert '"#accuracy-m1"' in element
    assert "fill: var(--paper); stroke: var(--ink)" in element
    assert not re.search("metadata|DOCTYPE|xml version", element)


def test_tints_are_shares() -> None:
    """Only numbers get into a style."""
    styles = {
        each["style"] for tag, each in Tags(page(usual())).found if tag == "td" and "style" in each
    }
    assert styles
    assert all(re.fullmatch(r"--share: [01]\.\d{3}", str(style)) for style in styles)
