"""Every example runs as it stands, and fits on a page."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tts_async.embedded import GENERATOR_PATH, PRM_PATH

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
WEIGHTS = [folder / "model.safetensors" for folder in (GENERATOR_PATH, PRM_PATH)]
MOST_LINES = 60

needs_models = pytest.mark.skipif(
    find_spec("torch") is None or not all(path.exists() for path in WEIGHTS),
    reason="the embedded models need torch (the [local] extra) and their weights",
)


def test_there_are_examples() -> None:
    """A renamed folder must not turn these tests into nothing."""
    assert EXAMPLES


@needs_models
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, tmp_path: Path) -> None:
    """In a process of its own, with warnings as errors: it prints something and ends well."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error::ResourceWarning",
    }
    run = subprocess.run(
        (sys.executable, str(path)),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.strip()
    assert not run.stderr.strip()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    """At most 60 lines, and it opens with what it shows."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES
    assert lines[0].startswith('"""')
