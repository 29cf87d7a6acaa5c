"""Which processes are left."""

import time
from collections.abc import Sequence
from pathlib import Path

from tests.patience import PATIENCE


def running(pid: int) -> bool:
    """Whether a process runs; one that nobody has collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(pids: Sequence[int], *, seconds: float = PATIENCE) -> bool:
    """Whether these processes end within so many seconds."""
    end = time.monotonic() + seconds
    while any(map(running, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(map(running, pids))
