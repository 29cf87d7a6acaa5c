"""``tts-async keys``, and addresses that need keys."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tts_async.cli.app import app
from tts_async.cli.listening import listen
from tts_async.errors import ConfigurationError
from tts_async.gateway.access import KeySources


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    outcome = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_a_fresh_key_works(tmp_path: Path) -> None:
    """It is all that stdout gets, and in the file is another word for it."""
    path = tmp_path / "keys.toml"
    code, key, told = run("keys", "new", "alice", "--file", str(path))
    assert code == 0
    assert key.strip() not in path.read_text() + told
    holder = KeySources(path, {}).read().find(key.strip())
    assert holder
    assert holder.name == "alice"


def test_the_entry_is_shown_where_there_is_no_file(tmp_path: Path) -> None:
    """Ready to be pasted, and without the key."""
    _, key, told = run("keys", "new", "alice")
    assert key.strip() not in told
    path = tmp_path / "keys.toml"
    path.write_text(told.partition("\n")[2])
    assert KeySources(path, {}).read().find(key.strip())


def test_a_file_is_looked_over(tmp_path: Path) -> None:
    """Whose keys there are, or what is wrong."""
    path = tmp_path / "keys.toml"
    run("keys", "new", "alice", "--file", str(path))
    with path.open("a") as file:
        file.write("max_n = 4\n")
    assert run("keys", "check", str(path)) == (0, "alice: max_n 4\n", "")
    path.chmod(0o644)
    assert "chmod 600" in run("keys", "check", str(path))[2]
    with path.open("a") as file:
        file.write("max_m = 4\n")
    code, _, told = run("keys", "check", str(path))
    assert code == 2
    assert "line 4: alice.max_m" in told
    assert run("keys", "new", "a b")[0] == 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_need_keys(host: str) -> None:
    """Before anything slow is begun."""
    try:
        with listen(host, 0):
            pass
    except ConfigurationError:
        pytest.skip(f"this machine has no {host}")
    code, _, told = run("serve", "--host", host, "--port", "0")
    assert code == 2
    assert "can be reached from other machines" in told
    assert "--keys" in told


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_this_machine_does_not(host: str) -> None:
    """By whichever of its names for itself."""
    try:
        with listen(host, 0) as listening:
            assert listening.is_loopback
    except ConfigurationError:
        pytest.skip(f"this machine has no {host}")


def test_keys_that_are_no_good_are_told_at_once(tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "keys.toml"
    path.write_text("[keys.alice]\nhash = 3")
    code, _, told = run("serve", "--keys", str(path))
    assert code == 2
    assert "line 2: alice.hash" in told
