"""A library is silent, until its user wants to hear."""

import json
import subprocess
import sys

SCRIPT = """
import asyncio, sys
from tts_async.notices import notice
from tts_async.http.retry import Outage
from tts_async.http.failures import Transient
from tts_async.errors import GeneratorUnavailable
from tts_async.http import RetryPolicy

async def trouble():
    failures = [Transient(GeneratorUnavailable("down"))]
    async def attempt():
        if failures:
            raise failures.pop()
    await RetryPolicy(first_wait=0.0).run(attempt, outage=Outage("http://one/v1"))

if "told" in sys.argv:
    from tts_async.observe import configure_logging
    configure_logging(json=True)
asyncio.run(trouble())
"""


def run(*arguments: str) -> tuple[str, str]:
    """What such a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def test_a_program_that_set_up_no_logging_sees_nothing() -> None:
    """Neither on stdout, where its own output is, nor on stderr."""
    assert run() == ("", "")


def test_a_program_that_did_sees_the_outage() -> None:
    """In its log, and nowhere else."""
    out, err = run("told")
    assert out == ""
    assert [json.loads(line)["event"] for line in err.splitlines()] == [
        "server in trouble, asking again",
        "server well again",
    ]
