"""Servers that all tests of a session share, started together when the first one is needed."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.vllm.label_model import NAME as LABEL_MODEL
from tests.vllm.label_model import save_label_model
from tests.vllm.merging_model import save_merging_model
from tests.vllm.servers import VLLMServer
from tts_async.embedded import GENERATOR_PATH, PRM_PATH

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOGS = ROOT / "runs" / "vllm-logs"
FIGURES = ROOT / "runs" / "vllm-figures.json"
SECONDS = 420  # for one test, the start of its servers included

NAMES = ("server", "spare", "merging", "pooled", "labels")

POOLED = ("--runner", "pooling", "--pooler-config", '{"step_tag_id": 6}')

Ready = Callable[[str], VLLMServer]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs servers and patience."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.vllm)
            item.add_marker(pytest.mark.timeout(SECONDS))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what the tests recorded, and keep it in a file."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    figures = [figure for report in reports for figure in report.user_properties]
    for name, value in figures:
        terminalreporter.line(f"{name}: {value}")
    if figures:
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n")


@pytest.fixture(scope="session")
def vllm_python() -> str:
    """An interpreter that has vLLM; what ``VLLM_PYTHON`` names must be one."""
    if given := os.environ.get("VLLM_PYTHON"):
        if shutil.which(given) is None:
            pytest.fail(f"VLLM_PYTHON: {given} is no program; name a Python that has vLLM")
        return given
    if (ROOT / ".venv-vllm" / "vllm.done").exists():
        return str(ROOT / ".venv-vllm" / "bin" / "python")
    pytest.skip("no vLLM here: run `make test-vllm`, or set VLLM_PYTHON to a Python that has it")


@pytest.fixture(scope="session")
def ready(
    vllm_python: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ready]:
    """Give the name of a server, get it ready to work."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    models = {"server": GENERATOR_PATH, "spare": GENERATOR_PATH}
    models["merging"] = save_merging_model(tmp_path_factory.mktemp("merging"))
    models["pooled"] = PRM_PATH
    models["labels"] = save_label_model(tmp_path_factory.mktemp("labels") / LABEL_MODEL)
    options = {"pooled": POOLED}
    servers = {
        name: VLLMServer(name, models[name], vllm_python, LOGS, options.get(name, ()))
        for name in NAMES
    }
    wanted = {name for item in request.session.items for name in item.fixturenames}

    def get(name: str) -> VLLMServer:
        servers[name].start()
        servers[name].wait_until_ready()
        return servers[name]

    with ExitStack() as stack:
        for server in servers.values():
            stack.callback(server.stop)
        for server in servers.values():
            stack.callback(server.begin_to_stop)
        for name in wanted & servers.keys():
            servers[name].start()
        yield get


@pytest.fixture
def server(ready: Ready) -> VLLMServer:
    """The embedded generator, served; no test harms it."""
    return ready("server")


@pytest.fixture
def spare(ready: Ready) -> VLLMServer:
    """Another one of the same, for tests that kill it."""
    return ready("spare")


@pytest.fixture
def merging(ready: Ready) -> VLLMServer:
    """A random model whose tokens reach over the ends of steps."""
    return ready("merging")


@pytest.fixture
def pooled(ready: Ready) -> VLLMServer:
    """The embedded process reward model, served for pooling."""
    return ready("pooled")


@pytest.fixture
def labels(ready: Ready) -> VLLMServer:
    """A random language model in the place of a reward model that says "+" or "-"."""
    return ready("labels")
