"""However a program ends, the workers of its pool end with it."""

import signal
import subprocess
import sys

import pytest

from tests.patience import PATIENCE
from tests.verifiers.processes import gone


@pytest.mark.parametrize("what", ["loading", "scoring"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_a_program_that_is_ended_leaves_no_child(what: str, end: signal.Signals) -> None:
    """While its children load and while they work."""
    command = (sys.executable, "-m", "tests.verifiers.pool_script", what)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            pids = [int(pid) for pid in program.stdout.readline().split()]
            assert len(pids) == 2
            program.send_signal(end)
            words = program.communicate(timeout=PATIENCE)[1].decode()
        finally:
            program.kill()
    assert gone(pids)
    assert program.returncode == -end
    assert words.endswith("KeyboardInterrupt\n") == (end == signal.SIGINT)
