"""The site builds without a warning and without the network."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks, pages
from tests.patience import PATIENCE

EXTERNAL = re.compile(r'<(?:script|img|link|iframe|source)\b[^>]*?(?:src|href)="(?:https?:)?//')
LINE_LIMIT = 100


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed")
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Strictly: a dead link or a missing page is an error, and so is a script from a CDN."""
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path))
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    for page in tmp_path.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not EXTERNAL.search(text), page
        assert not re.search(r"<!-- (?:code|api|page):", text), page
    for style in tmp_path.rglob("*.css"):
        assert "url(http" not in style.read_text(encoding="utf-8"), style


def test_marks_stand_where_the_site_sees_them() -> None:
    """A mark that is indented or misspelled would stay a comment that nobody sees."""
    for page in pages():
        for line in page.read_text(encoding="utf-8").splitlines():
            if re.search(r"<!--\s*(?:code|api|page)\b", line):
                assert re.fullmatch(r"<!-- (code|api|page): \S.* -->", line), (page, line)


def test_code_fits_the_page() -> None:
    """No line of code is wider than the project's own."""
    for page in sorted(DOCS.glob("**/*.md")):
        for block in blocks(page):
            if block.language == "python":
                wide = [line for line in block.code.splitlines() if len(line) > LINE_LIMIT]
                assert not wide, page
