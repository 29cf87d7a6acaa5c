"""Killed with -9 at any moment, a run continues where it was and ends like one that was not."""

import json
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE

KILLS = 50


def test_killed_at_fifty_random_moments(tmp_path: Path) -> None:
    """Nothing that is in the file is asked for again, no result that was seen is lost."""
    script = Path(__file__).with_name("killed.py")
    command = [sys.executable, str(script), str(tmp_path), str(KILLS), "17"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["created"] == []
    scenarios = report["scenarios"]
    assert sum(scenario["killed"] for scenario in scenarios) == KILLS
    for scenario in scenarios:
        assert scenario["faults"] == []
        assert scenario["asked_when_done"] == 0
        assert scenario["recorded"] == scenario["uninterrupted"]
        assert scenario["resumed"] == scenario["uninterrupted"]
