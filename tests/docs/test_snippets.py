"""The Python that readers copy works.

The blocks of a page share one namespace, in order, and all pages share one event loop, so the
embedded models behind ``solve`` start once.
"""

import ast
import asyncio
import inspect
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import Block, blocks, pages
from tts_async.embedded import GENERATOR_PATH, PRM_PATH

WITH_PYTHON = [
    page for page in pages() if any(block.language == "python" for block in blocks(page))
]
WEIGHTS = [folder / "model.safetensors" for folder in (GENERATOR_PATH, PRM_PATH)]

needs_models = pytest.mark.skipif(
    find_spec("torch") is None or not all(path.exists() for path in WEIGHTS),
    reason="the embedded models need torch (the [local] extra) and their weights",
)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """The event loop of all pages."""
    with asyncio.Runner() as runner:
        yield runner


@needs_models
@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(
    page: Path, runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block runs as it stands and prints what the page says it prints.

    Those that need something, and say so in their title, at least compile.
    """
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, Any] = {"__name__": page.stem}
    for block in blocks(page):
        if block.language == "python":
            code = compiled(block)
            if block.is_run:
                with redirect_stdout(StringIO()) as printed:
                    run(code, namespace, runner)
                if block.output is not None:
                    assert printed.getvalue() == block.output


def compiled(block: Block) -> Any:
    """The code of a block, in which ``await`` may stand at the top level."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(block.padded, str(block.page), "exec", flags=flags, dont_inherit=True)


def run(code: Any, namespace: dict[str, Any], runner: asyncio.Runner) -> None:
    """In the event loop if it awaits something, otherwise plainly."""
    if code.co_flags & inspect.CO_COROUTINE:
        runner.run(eval(code, namespace))
    else:
        exec(code, namespace)
