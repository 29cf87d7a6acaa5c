"""One gateway for all clients, and the interpreter that has them."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.clients.gateway_process import ROOT, GatewayProcess
from tts_async.embedded import GENERATOR_PATH, PRM_PATH

WEIGHTS = [folder / "model.safetensors" for folder in (GENERATOR_PATH, PRM_PATH)]


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Started for the first test that wants it; it logs no failure, and never the key."""
    if find_spec("torch") is None or not all(path.exists() for path in WEIGHTS):
        pytest.skip("the embedded models need torch (the [local] extra) and their weights")
    with GatewayProcess(tmp_path_factory.mktemp("gateway") / "log.txt") as process:
        yield process
    assert process.api_key not in process.printed()
    assert "Traceback" not in process.printed()


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """An interpreter that has ``examples/clients/requirements.txt``, and not this package."""
    folder = ROOT / ".venv-clients"
    if not (folder / "clients.done").exists():
        pytest.skip("no clients here: run `make test-clients`")
    return folder / "bin" / "python"
