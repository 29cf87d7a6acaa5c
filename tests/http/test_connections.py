"""How a server is reached: proxies, TLS, kept connections, and a loop that never blocks."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from tests.generation.fake_server import FakeServer, expansion
from tts_async.errors import GeneratorUnavailable
from tts_async.generation.openai import OpenAIGenerator
from tts_async.generation.vllm import VLLMGenerator

Make = type[VLLMGenerator] | type[OpenAIGenerator]
BOTH = pytest.mark.parametrize("make", [VLLMGenerator, OpenAIGenerator])


@BOTH
@pytest.mark.filterwarnings(
    "ignore:(BasicAuth|The .proxy_auth. parameter) is deprecated"
)  # the client uses it
async def test_a_proxy_from_the_environment(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy gets the requests for a host that does not exist, with its own password."""
    async with FakeServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:pass@127.0.0.1:{proxy.port}")
        for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        async with make("http://nowhere.invalid/v1", api_key="sk-key") as generator:
            assert len(await generator.generate(expansion(stop=None))) == 1
        assert proxy.headers["Proxy-Authorization"] == "Basic bWU6cGFzcw=="
        assert proxy.headers["Authorization"] == "Bearer sk-key"


@BOTH
async def test_no_proxy_is_honoured(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local server is reached directly although there is a proxy."""
    async with FakeServer() as server, FakeServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with make(server.base_url) as generator:
            await generator.generate(expansion(stop=None))
        assert not proxy.requests


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command")
    path = tmp_path / "server.pem"
    options = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    )
    command = ["openssl", *options.split(), "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    path.write_text((tmp_path / "key").read_text() + (tmp_path / "cert").read_text())
    return path


@BOTH
async def test_tls(make: Make, certificate: Path) -> None:
    """An unknown certificate is refused; ``ssl`` makes it known, or does not care."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with FakeServer(tls=context) as server:
        with pytest.raises(GeneratorUnavailable, match=r"certificate"):
            await make(server.base_url).__aenter__()
        for trust in (ssl.create_default_context(cafile=str(certificate)), False):
            async with make(server.base_url, ssl=trust) as generator:
                assert len(await generator.generate(expansion(stop=None))) == 1


async def test_connections_are_kept() -> None:
    """A search that asks one thing after the other uses one connection."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        for seed in range(20):
            await generator.generate(expansion(seed=seed))
        assert server.connections == 1


@BOTH
async def test_the_loop_is_never_blocked(make: Make) -> None:
    """Opening, asking and closing do nothing in the loop that could wait."""
    async with FakeServer() as server:
        with blockbuster_ctx():
            async with make(server.base_url) as generator:
                await generator.generate(expansion(n=4, stop=None))
