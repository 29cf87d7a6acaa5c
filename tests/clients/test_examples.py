"""Every client in ``examples/clients`` runs unchanged, with the packages as they are published."""

import re
import sys
from pathlib import Path

import pytest

from tests.clients.gateway_process import ROOT, GatewayProcess
from tests.clients.running import run_program

FOLDER = ROOT / "examples" / "clients"
MOST_LINES = 60
PRINTED = {
    "dspy": ["one:   321", "batch: 44 114 95", r"text:  .*\\boxed\{321\}"],
    "langchain": [r"invoke: 321 \(\d+ tokens\)", r"stream: \d+ tokens", "batch:  44 114 95"],
    "litellm": [
        r"whole:  321 \(\d+ tokens\)",
        r"async:  openai/(best-of-n-32|beam-16) 321",
        r"depth \d+, .* tokens",
        r".*\\boxed\{321\}",
    ],
    "openai": [
        r"sync:   321 \(\d+ different answers\)",
        r"async:  .*\\boxed\{321\}",
        r"depth \d+, .* tokens",
        r".*\\boxed\{321\}",
        r"stream: \d+ tokens",
    ],
    "openai_agents": [
        r"run:    .*\\boxed\{321\}",
        r"run:    .*\\boxed\{95\}",
        r" +depth \d+, .* tokens",
        r"stream: ## Step 1",
        r"\d+ tokens",
    ],
    "pydantic_ai": [
        r"run:    321 \(\d+ tokens\)",
        r"run:    44 \(\d+ tokens\)",
        r" +depth \d+, .* tokens",
        "stream: 321",
    ],
}
"""Lines that each prints: every pattern matches one of them."""
IN_AN_ENVIRONMENT_OF_THEIR_OWN = sorted(PRINTED.keys() - {"openai"})


def test_there_is_an_example_of_every_client() -> None:
    """Nothing in the folder goes untested."""
    assert {path.stem for path in FOLDER.glob("*.py")} == {f"{name}_client" for name in PRINTED}


def test_the_openai_package(gateway: GatewayProcess, tmp_path: Path) -> None:
    """In this environment, which has it anyway."""
    check_example("openai", Path(sys.executable), gateway, tmp_path)


@pytest.mark.clients
@pytest.mark.parametrize("name", IN_AN_ENVIRONMENT_OF_THEIR_OWN)
def test_another_client(
    name: str, clients_python: Path, gateway: GatewayProcess, tmp_path: Path
) -> None:
    """With what its requirements install."""
    check_example(name, clients_python, gateway, tmp_path)


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_is_short(name: str) -> None:
    """At most 60 lines, and it opens with what it shows."""
    lines = (FOLDER / f"{name}_client.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[0].startswith('"""')


def check_example(name: str, python: Path, gateway: GatewayProcess, folder: Path) -> None:
    """It ends well, asks no other machine, and prints what it should."""
    path = FOLDER / f"{name}_client.py"
    printed = run_program(python, str(path), gateway=gateway, folder=folder)
    for line in PRINTED[name]:
        assert re.search(rf"^{line}", printed, re.MULTILINE), (line, printed)
