"""What a folder holds after its report was written."""

import sys
from pathlib import Path

import pytest

from tests.evaluation.example_results import results, row, usual
from tests.observe.tree.browser import a_browser
from tts_async.errors import ConfigurationError
from tts_async.evaluation import write_report

FEW = results(row("dvts", 4, 0.5, by_level={}, by_subject={}), occupancy=None)


def names(folder: Path) -> set[str]:
    """All files, relative to the folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_writes_documents_and_pictures(tmp_path: Path) -> None:
    """And says which; pictures of an earlier report that have nothing to show now are gone."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "levels.svg").write_text("old")
    written = write_report(tmp_path, FEW, {"a\nb": 0.7})
    expected = {"report.md", "report.html"} | {
        f"pictures/{name}.{kind}" for name in ("accuracy", "tokens") for kind in ("svg", "png")
    }
    assert names(tmp_path) == expected == {str(path.relative_to(tmp_path)) for path in written}
    assert "a b" in (tmp_path / "report.md").read_text()
    assert "accuracy-axes_1" in (tmp_path / "report.html").read_text()


def test_without_matplotlib_the_tables_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And both documents say what is missing and how to get it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    write_report(tmp_path, usual())
    assert names(tmp_path) == {"report.md", "report.html"}
    assert "pip install 'tts-async\\[plot\\]'" in (tmp_path / "report.md").read_text()
    page = (tmp_path / "report.html").read_text()
    assert "pip install &#39;tts-async[plot]&#39;" in page
    assert "67.9" in page


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"report: cannot write to .*file"):
        write_report(tmp_path / "file", results())


def test_a_browser_loads_it_without_the_network(tmp_path: Path) -> None:
    """No request, no complaint, no part wider than a phone or lost on a screen, light and dark."""
    write_report(tmp_path, usual())
    file = tmp_path / "report.html"
    with a_browser() as browser:
        for width, scheme in ((400, "light"), (1400, "dark")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            complaints: list[str] = []
            requests: list[str] = []
            page.on("console", lambda message, seen=complaints: seen.append(message.text))
            page.on("pageerror", lambda error, seen=complaints: seen.append(str(error)))
            page.on("request", lambda request, seen=requests: seen.append(request.url))
            page.goto(file.as_uri())
            assert not complaints
            assert [url for url in requests if not url.startswith("data:")] == [file.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("figure svg").count() == 5
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
            assert len(ids) == len(set(ids))
            page.close()
