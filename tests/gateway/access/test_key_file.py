"""Files of keys: what they may say, and what is said about them when they are wrong."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tts_async.errors import ConfigurationError
from tts_async.gateway.access import (
    KeyLimits,
    KeySources,
    Tenant,
    add_to_file,
    new_key,
    read_key_file,
)
from tts_async.gateway.access.secret import digest_of, read_hash, write_hash

KEY = new_key()
HASH = write_hash(KEY)


def written(folder: Path, text: str, name: str = "keys.toml") -> Path:
    """A file that only its owner reads."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_everything_a_key_can_have(tmp_path: Path) -> None:
    """In TOML, in whatever way tables are written."""
    path = written(
        tmp_path,
        f"""
        keys.bob = {{ hash = "{write_hash("x" * 20)}", disabled = true }}

        [keys.alice]
        hash = "{HASH}"
        priority = -1
        admin = true
        searches = 8
        tokens_per_minute = 200_000
        requests_per_minute = 60
        max_n = 64
        strategies = ["greedy", "best-of-n", "beam_search"]
        """,
    )
    (_, bob), (digest, alice) = read_key_file(path)
    assert digest == digest_of(KEY)
    assert bob == Tenant(name="bob", disabled=True)
    assert alice == Tenant(
        name="alice",
        priority=-1,
        admin=True,
        limits=KeyLimits(
            searches=8,
            tokens_per_minute=200_000,
            requests_per_minute=60,
            max_n=64,
            strategies=frozenset({"greedy", "best_of_n", "beam_search"}),
        ),
    )
    assert str(bob) == "bob: disabled"
    assert "strategies beam_search, best_of_n, greedy" in str(alice)


def test_json(tmp_path: Path) -> None:
    """The same, by the name of the file."""
    path = written(tmp_path, json.dumps({"keys": {"alice": {"hash": HASH}}}), "keys.json")
    assert read_key_file(path) == [(digest_of(KEY), Tenant(name="alice"))]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["[keys.a]", 'hash = "HASH"', "max_n = 0"], r"line 3: a\.max_n: Expected `int` >= 1"),
        (["[keys.a]", 'hash = "HASH"', 'searches = "3"'], r"line 3: a\.searches: Expected `int"),
        (["[keys.a]", 'hash = "HASH"', "admim = true"], r"line 3: a\.admim: .*unknown field"),
        (["[keys.a]", 'hash = "sha256:12"'], r"line 2: a\.hash: expected 64 hexadecimal"),
        (["[keys.a]", f'hash = "{KEY}"'], r"line 2: a\.hash: expected sha256:"),
        (["[keys.b]", 'hash = "HASH"', "", "[keys.a]", "max_n = 3"], r"line 4: a\.hash: .*missing"),
        (["[keys]", 'a.hash = "HASH"', "a.max_n = -1"], r"line 3: a\.max_n"),
        (["[keys.a]", 'hash = "HASH"', 'strategies = ["dfs"]'], r"line 3: a\.strategies: .*'dfs'"),
        (["[keys.a]", 'hash = "HASH"', 'strategies = ["dvts-4"]'], r"line 3: a\.strategies"),
        (["[keys.a]", 'hash = "HASH"', "", "[keys.a]"], r"line 4"),
        (["", '[keys."a b"]', 'hash = "HASH"'], r"line 2: 'a b' is no name"),
        (["[keys]", "a = 3"], r"line 2: a\.hash: Expected `object`"),
        (["[kees.a]", 'hash = "HASH"'], r"expected one table per key"),
        (["keys = 3"], r"expected one table per key"),
        (["[keys]"], r"there is no key in it"),
        (["[keys.a", ""], r"line 1"),
    ],
)
def test_what_is_wrong_and_where(tmp_path: Path, lines: list[str], complaint: str) -> None:
    """Line and field, and never a key that was written instead of its hash."""
    path = written(tmp_path, "\n".join(lines).replace("HASH", HASH))
    with pytest.raises(ConfigurationError, match=complaint) as raised:
        read_key_file(path)
    assert str(path) in str(raised.value)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{\n "keys": {\n  "a": {\n   "hash": 3}}}', r"line 4: a\.hash: Expected `str`"),
        ('{"keys": {"a": {}, "a": {}}}', "a: it is there twice"),
        ('{"keys": ', "line 1"),
        ("[" * 100_000, "keys"),
    ],
)
def test_what_is_wrong_in_json(tmp_path: Path, text: str, complaint: str) -> None:
    """JSON lets the last of two entries win; here that is an error."""
    with pytest.raises(ConfigurationError, match=complaint):
        read_key_file(written(tmp_path, text, "keys.json"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Nor text."""
    with pytest.raises(ConfigurationError, match=r"cannot be read: .*No such file"):
        read_key_file(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key_file(tmp_path / "binary.toml")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    """With the one error there is for it."""
    try:
        digest = read_hash(text)
    except ValueError as error:
        assert text not in str(error) or len(text) < 5  # noqa: PT017 - either is right
    else:
        assert re.fullmatch("sha256:[0-9a-fA-F ]{64,}", text)
        assert len(digest) == 32


def test_added_keys_can_be_read(tmp_path: Path) -> None:
    """By the file's owner and nobody else; a second one does not disturb the first."""
    path = tmp_path / "keys.toml"
    second = new_key()
    add_to_file(path, "alice", KEY)
    add_to_file(path, "bob.2", second)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY not in path.read_text()
    ring = KeySources(path, {}).read()
    found = [ring.find(KEY), ring.find(second), ring.find(new_key())]
    assert found == [Tenant(name="alice"), Tenant(name="bob.2"), None]
    with pytest.raises(ConfigurationError, match="has a key of alice"):
        add_to_file(path, "alice", second)
    with pytest.raises(ConfigurationError, match="TOML files only"):
        add_to_file(tmp_path / "keys.json", "alice", second)
    with pytest.raises(ConfigurationError, match="'a b' is none for a key"):
        add_to_file(path, "a b", second)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        add_to_file(tmp_path / "none" / "keys.toml", "alice", second)


def test_a_file_that_everybody_reads(tmp_path: Path) -> None:
    """Is taken, with a warning."""
    path = written(tmp_path, f'[keys.a]\nhash = "{HASH}"')
    with capture_logs() as lines:
        KeySources(path, {}).read()
        assert not lines
        path.chmod(0o644)
        KeySources(path, {}).read()
    assert [(line["log_level"], line["file"]) for line in lines] == [("warning", str(path))]


def test_keys_of_the_environment(tmp_path: Path) -> None:
    """As they are, or as hashes, beside those of the file."""
    path = written(tmp_path, f'[keys.a]\nhash = "{HASH}"')
    plain, hashed = new_key(), new_key()
    value = f"b={plain}, c={write_hash(hashed)},"
    sources = KeySources(path, {"TTS_ASYNC_API_KEYS": value})
    names = [found and found.name for found in map(sources.read().find, (KEY, plain, hashed))]
    assert names == ["a", "b", "c"]
    assert plain not in repr(sources)
    assert len(KeySources(None, {}).read()) == 0


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (KEY, "entry 1: expected NAME=KEY"),
        (f"b={KEY[:12]}", "entry 1: a key needs at least 20 characters"),
        (f"x={new_key()},b=sha256:12", "entry 2: expected 64 hexadecimal"),
        (f"b={KEY}", "b and a have the same key"),
        (f"a={new_key()}", "a is in the file and in TTS_ASYNC_API_KEYS"),
        (f"b={new_key()},b={new_key()}", "b is there twice|b is in the file"),
    ],
    ids=["no name", "short", "half a hash", "a key of the file", "a name of the file", "twice"],
)
def test_wrong_keys_of_the_environment(tmp_path: Path, value: str, complaint: str) -> None:
    """The entry is named by its number: what is in it may be a key."""
    path = written(tmp_path, f'[keys.a]\nhash = "{HASH}"')
    with pytest.raises(ConfigurationError, match=complaint) as raised:
        KeySources(path, {"TTS_ASYNC_API_KEYS": value}).read()
    assert KEY[:12] not in str(raised.value)
