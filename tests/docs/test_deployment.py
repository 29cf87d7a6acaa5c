"""The configuration files that readers copy are accepted by what they are for."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, blocks
from tests.patience import PATIENCE
from tts_async.errors import ConfigurationError
from tts_async.gateway.access import new_key, read_key_file
from tts_async.gateway.access.secret import write_hash

PAGE = DOCS / "deployment.md"


def configuration(language: str) -> str:
    """The page's only file in this language."""
    (block,) = (block for block in blocks(PAGE) if block.language == language)
    return block.code


def test_the_file_of_keys_can_be_read(tmp_path: Path) -> None:
    """With whole hashes in the place of those that are cut short."""
    text = configuration("toml")
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"line 2: alice\.hash"):
        read_key_file(path)
    path.write_text(re.sub(r'"sha256:.*"', lambda _: f'"{write_hash(new_key())}"', text))
    names = [holder.name for _, holder in read_key_file(path)]
    assert names == list(tomllib.loads(text)["keys"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """With a program that is there."""
    text = configuration("ini").replace("/opt/tts-async/bin/tts-async", "/bin/true")
    unit = tmp_path / "tts-async.service"
    unit.write_text(text)
    verdict = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert (verdict.returncode, verdict.stderr) == (0, "")


@pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl"
)
def test_nginx_takes_the_site(tmp_path: Path) -> None:
    """With a certificate that is there, and as any user."""
    chain, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    subprocess.run(
        [*request, "-keyout", key, "-out", chain], check=True, capture_output=True, timeout=PATIENCE
    )
    site = re.sub(r"/etc/letsencrypt/live/[^/]+", str(tmp_path), configuration("nginx"))
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {tmp_path};\n{site}}}\n"
    )
    verdict = subprocess.run(
        ["nginx", "-t", "-c", str(path), "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={"PATH": os.environ["PATH"]},
    )
    assert verdict.returncode == 0, verdict.stderr
    assert "[warn]" not in verdict.stderr
