"""What docs/clients.md shows works as it stands, and prints what the page says it prints."""

import re
import sys
from pathlib import Path

import pytest

from tests.clients.gateway_process import ROOT, GatewayProcess
from tests.clients.running import run_program
from tests.docs.pages import DOCS, Block, blocks

PAGE = DOCS / "clients.md"
REQUIREMENTS = (ROOT / "examples/clients/requirements.txt").read_text(encoding="utf-8")
BASE_URL, API_KEY = '"http://127.0.0.1:8080/v1"', '"none"'
SHOWN = [block for block in blocks(PAGE) if block.language == "python"]
WITH_OPENAI = [block for block in SHOWN if block.options == ' title="needs a gateway"']
WITH_OTHERS = [block for block in SHOWN if block not in WITH_OPENAI]


def test_the_page_has_a_snippet_for_every_client() -> None:
    """Whatever the examples need."""
    needed = re.findall(r"^[a-z-]+?(?=-slim|\[|>)", REQUIREMENTS, re.MULTILINE)
    titles = [
        block.options.strip().removeprefix('title="needs a gateway and ') for block in WITH_OTHERS
    ]
    assert sorted(titles) == [f'{name}"' for name in needed]
    assert len(WITH_OPENAI) == 2


def test_the_openai_package(gateway: GatewayProcess, tmp_path: Path) -> None:
    """Both snippets, one after the other: the second goes on with the client of the first."""
    whole, stream = WITH_OPENAI
    printed = run_block(whole, Path(sys.executable), gateway, tmp_path)
    assert printed == whole.output
    both = run_block(whole, Path(sys.executable), gateway, tmp_path, then=stream.code)
    thoughts, _, answer = both.removeprefix(printed).partition("## Step 1: ")
    assert thoughts.startswith("depth 1, ")
    assert "boxed" in answer


@pytest.mark.clients
@pytest.mark.parametrize("block", WITH_OTHERS, ids=lambda block: block.options.split()[-1][:-1])
def test_another_client(
    block: Block, clients_python: Path, gateway: GatewayProcess, tmp_path: Path
) -> None:
    """In the environment that has them all."""
    assert run_block(block, clients_python, gateway, tmp_path) == block.output


def run_block(
    block: Block, python: Path, gateway: GatewayProcess, folder: Path, then: str = ""
) -> str:
    """What it prints, with the gateway and the key of these tests."""
    code = block.code
    for shown, real in ((BASE_URL, gateway.base_url), (API_KEY, gateway.api_key)):
        assert code.count(shown) == 1, block.options
        code = code.replace(shown, repr(real))
    path = folder / "snippet.py"
    path.write_text(code + then, encoding="utf-8")
    return run_program(python, str(path), gateway=gateway, folder=folder)
