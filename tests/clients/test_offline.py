"""The guard that keeps the examples from asking other machines is one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OFFLINE = Path(__file__).with_name("offline")
REFUSED = 97


@pytest.mark.parametrize(
    ("call", "refused"),
    [
        ("socket.getaddrinfo('tts-async.invalid', 80)", True),
        ("socket.create_connection(('192.0.2.1', 80), timeout=1)", True),
        ("socket.getaddrinfo('127.0.0.1', 80)", False),
        ("socket.create_server(('localhost', 0)).close()", False),
    ],
)
def test_only_this_machine_can_be_asked(call: str, refused: bool) -> None:
    """Whatever the program does about exceptions."""
    code = f"import socket\ntry: {call}\nexcept OSError: pass"
    environment = os.environ | {"PYTHONPATH": str(OFFLINE)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == (REFUSED if refused else 0), run.stderr
    assert ("asked for" in run.stderr) == refused
