"""``tts-async serve`` as everybody starts it: a process, the embedded models, a free port, keys."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.patience import PATIENCE
from tts_async.gateway.access import KEYS_VARIABLE, new_key

ROOT = Path(__file__).parents[2]
_URL = re.compile(r"http://127\.0\.0\.1:\d+/v1")


class GatewayProcess:
    """A running gateway; ``log`` is the file of what it prints.

    ``base_url`` and ``api_key`` are what a client is told.
    """

    def __init__(self, log: Path) -> None:
        self.api_key = new_key()
        self.base_url = ""
        self._log = log

    @property
    def environment(self) -> dict[str, str]:
        """What OpenAI's clients look for when they are told nothing."""
        return {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": self.api_key}

    def __enter__(self) -> Self:
        environment = os.environ | {KEYS_VARIABLE: f"clients={self.api_key}"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tts_async", "serve", "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=environment,
            )
        try:
            self.base_url = self._wait_for_url()
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def printed(self) -> str:
        """What it has said so far."""
        return self._log.read_text(encoding="utf-8")

    def _wait_for_url(self) -> str:
        for _ in range(int(PATIENCE) * 20):
            if found := _URL.search(self.printed()):
                return found[0]
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the gateway does not listen; it said:\n{self.printed()}")
