"""A page in a real browser, watched for whatever it should not do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE
from tts_async import Result
from tts_async.observe import tree_page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
ROWS = "#outline li[data-node]"
LISTEN = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(event.violatedDirective);
    });
"""


@dataclass
class Watched:
    """A page with its complaints, and what it asked for besides itself."""

    page: Any
    session: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements of a kind, as they are read."""
        found: list[str] = self.page.locator(selector).all_inner_texts()
        return found

    def shown(self) -> list[int]:
        """The nodes whose rows can be seen, in order."""
        script = f"""[...document.querySelectorAll("{ROWS}")]
            .filter((row) => !row.closest("ul[hidden]")).map((row) => Number(row.dataset.node))"""
        shown: list[int] = self.page.evaluate(script)
        return shown

    @property
    def busy(self) -> float:
        """Seconds that the page's thread has had the processor, from the first moment."""
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        seconds: float = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return seconds

    def nodes_of(self, kind: str) -> list[str]:
        """The nodes whose items are of a kind."""
        items = self.page.locator(f"#outline li{kind}")
        nodes: list[str] = items.evaluate_all("all => all.map((item) => item.dataset.node)")
        return nodes

    @property
    def has_focus(self) -> int:
        """The node whose row has the keyboard."""
        node: int = self.page.evaluate("Number(document.activeElement.dataset.node)")
        return node


@contextmanager
def a_browser() -> Iterator[Any]:
    """Chromium without a window; skips the test where there is none."""
    if CHROMIUM is None:
        pytest.skip("needs a Chromium on the path")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, timeout=1000 * PATIENCE, args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Any, result: Result, folder: Path, *, width: int = 1400, dark: bool = False
) -> Iterator[Watched]:
    """The result's page, from a file."""
    file = folder / "tree.html"
    file.write_text(tree_page(result), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.add_init_script(LISTEN)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    watched = Watched(page, session)
    page.on("console", lambda message: watched.complaints.append(message.text))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda request: watched.requests.append(request.url))
    try:
        page.goto(file.as_uri())
        watched.requests.remove(file.as_uri())
        yield watched
    finally:
        context.close()
