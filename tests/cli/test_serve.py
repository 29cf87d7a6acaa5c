"""``tts-async serve``: the process, on the embedded model, and what it refuses."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request

import openai
import pytest

from tests.cli.conftest import Command
from tests.patience import PATIENCE
from tts_async.cli.gateway_options import read_aliases
from tts_async.errors import ConfigurationError


def start(*arguments: str) -> "tuple[subprocess.Popen[str], str]":
    """A gateway in the background, and where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tts_async", "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"listening on (http://127\.0\.0\.1:\d+/v1) ", line)
    assert found, line + process.communicate()[1]
    assert f"try: curl {found[1]}/chat/completions" in process.stderr.readline()
    return process, found[1]


def test_ask_stream_and_stop() -> None:
    """The whole way with OpenAI's client; Ctrl-C ends a server without an error."""
    process, url = start("--alias", "gpt-4o=dvts-16", "--drain", "5")
    try:
        with openai.OpenAI(base_url=url, api_key="none") as client:
            ask = client.chat.completions.create
            reply = ask(model="gpt-4o", messages=[{"role": "user", "content": "3+4*5"}], seed=1)
            assert reply.choices[0].message.content is not None
            assert reply.choices[0].message.content.endswith(r"$\boxed{23}$.")
            chunks = [
                chunk.choices[0]
                for chunk in ask(
                    model="beam-4",
                    messages=[{"role": "user", "content": "3+4*5"}],
                    seed=1,
                    stream=True,
                )
            ]
            assert "".join(c.delta.content or "" for c in chunks).endswith(r"$\boxed{23}$.")
            assert chunks[-1].finish_reason == "stop"
        root = url.removesuffix("/v1")
        with urllib.request.urlopen(f"{root}/ready") as ready:
            assert ready.status == 200
        with urllib.request.urlopen(f"{root}/metrics") as metrics:
            assert b"tts_async_searches_finished_total" in metrics.read()
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert err.splitlines()[-1] == "tts-async: stopped"
    assert "Traceback" not in err
    assert "3+4*5" not in err  # what is asked stays out of the log


def test_a_port_that_is_taken(command: Command) -> None:
    """Noticed before a model is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = command("serve", "--port", port)
    assert run.exit_code == 2
    assert run.stderr == (
        f"tts-async: error: port: {port} is in use on 127.0.0.1; choose another with --port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "0.0.0.0"), "host: 0.0.0.0"),
        (("--host", "no.such.host.invalid"), "host: "),
        (("--alias", "gpt-4o"), "alias: expected NAME=MODEL, got 'gpt-4o'"),
        (("--alias", "gpt-4o=llama"), "aliases: 'gpt-4o' stands for 'llama'"),
        (("--default-model", "llama"), "aliases: 'default' stands for 'llama'"),
        (("--max-candidates", "0"), "max_candidates: must be positive"),
        (("--base-url", "http://x", "--generator", "y"), "base-url: give either"),
        (("--policy", "none.json"), "policy: "),
    ],
)
def test_wrong_use(command: Command, arguments: tuple[str, ...], message: str) -> None:
    """One line that names the option."""
    run = command("serve", "--port", "0", *arguments)
    assert run.exit_code == 2
    assert run.stderr.startswith(f"tts-async: error: {message}")
    assert run.stderr.count("\n") == 1


def test_aliases() -> None:
    """Several, and the default is one of them."""
    found = read_aliases(["gpt-4o=dvts-16", " a = greedy "], "majority-4")
    assert found == {"default": "majority-4", "gpt-4o": "dvts-16", "a": "greedy"}
    with pytest.raises(ConfigurationError, match="alias"):
        read_aliases(["=greedy"], None)
