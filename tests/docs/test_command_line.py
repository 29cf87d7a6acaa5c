"""The page about the command line and the command agree."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tests.docs.pages import DOCS, blocks, pages
from tts_async import Result, Solver
from tts_async.cli.app import app
from tts_async.evaluation import Report
from tts_async.strategies import Greedy
from tts_async.testing import RandomGenerator, run_virtual

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PAGE = (DOCS / "command-line.md").read_text(encoding="utf-8")


def shown_commands() -> Iterator[list[str]]:
    """Every ``tts-async …`` line of every page, as words."""
    for page in pages():
        for block in blocks(page):
            if block.language in ("console", "bash", "shell"):
                code = block.code.replace("\\\n", " ")
                for command in re.findall(r"^\$ .*?\btts-async (.*)$", code, re.MULTILINE):
                    yield shlex.split(command, comments=True)


def options_of(command: str, *, negated: bool = False) -> set[str]:
    """The long options a command knows, or those below it; ``negated``: and those that deny one."""
    below = getattr(COMMANDS[command], "commands", {"": COMMANDS[command]}).values()
    parameters = [parameter for each in below for parameter in each.params]
    options = [option for parameter in parameters for option in parameter.opts]
    if negated:
        options += [option for parameter in parameters for option in parameter.secondary_opts]
    return {option for option in options if option.startswith("--")}


@pytest.mark.parametrize("words", list(shown_commands()), ids=" ".join)
def test_a_shown_command_is_understood(words: list[str]) -> None:
    """The command exists and knows the options."""
    assert words[0] in COMMANDS
    used = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert used <= options_of(words[0], negated=True) | {"--help"}


@pytest.mark.parametrize(
    "command",
    ["solve", "serve", "keys", "mcp", "eval", "calibrate", "report", "tree", "runs", "doctor"],
)
def test_every_option_is_explained(command: str) -> None:
    """Each stands in one of the tables of options."""
    explained = set(re.findall(r"`(--[a-z-]+)`", PAGE))
    assert options_of(command) - {"--help"} <= explained


def test_every_key_of_the_json_is_explained() -> None:
    """Of ``solve --json`` and of ``results.json``, rows included."""

    async def solve() -> Result:
        async with Solver(generator=RandomGenerator()) as solver:
            return await solver.solve("p")

    result = run_virtual(solve()).to_dict()
    report = Report("arithmetic", problems=1)
    row = report.begin(Greedy()).to_dict()
    found = [report.to_dict(), row, result, result["spend"], result["problem"]]
    found += [result["candidates"][0], result["votes"][0], result["tree"][0]]
    explained = set(re.findall(r"`(\w+)`", PAGE))
    assert {key for data in found for key in data} <= explained


def test_the_shown_error_is_the_real_one() -> None:
    """Word for word, on stderr, with exit code 2."""
    shown = re.search(r"\$ tts-async (solve .*)\ntts-async: (error: .*)\n", PAGE)
    assert shown
    outcome = CliRunner().invoke(app, shlex.split(shown[1]))
    assert outcome.exit_code == 2
    assert outcome.stderr == f"tts-async: {shown[2]}\n"
