"""The command inside the test's own process, with a parrot for a model."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from tests.cli.parrot_command import make_parrot
from tts_async.cli.app import app

Command = Callable[..., Any]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Command:
    """Call it with arguments; returns the runner's result with exit code, stdout and stderr."""
    monkeypatch.setattr("tts_async.cli.models.Solver", make_parrot)
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def call(*arguments: str, stdin: str | bytes | None = None) -> Any:
        return CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)

    yield call
    structlog.reset_defaults()
