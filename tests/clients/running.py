"""Runs a program against the gateway, cut off from all other machines."""

import os
import subprocess
from pathlib import Path

from tests.clients.gateway_process import GatewayProcess
from tests.patience import PATIENCE

OFFLINE = Path(__file__).with_name("offline")


def run_program(python: Path, *arguments: str, gateway: GatewayProcess, folder: Path) -> str:
    """What it prints; it has to end well and in silence.

    ``folder`` is where it runs and what it takes for its home.
    """
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    environment |= gateway.environment
    environment |= {"PYTHONPATH": str(OFFLINE), "HOME": str(folder), "PYTHONUTF8": "1"}
    run = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr + gateway.printed()[-2000:]
    assert not run.stderr.strip()
    return run.stdout
